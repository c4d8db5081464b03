"""What the lesson asks to change, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="In `everybody`, write `for client in clients - {websocket}:`",
        cell="21c20002",
        old="for client in clients:",
        new="for client in clients - {websocket}:",
        runs=("21c20004",),
        sees="Alice hears []",
    ),
    Change(
        asks="In the cell with `history`, write `maxlen=1`.",
        cell="22fd8114",
        old="maxlen=50",
        new="maxlen=1",
        runs=("e3e9225b",),
        sees="'messages': [{'type': 'message', 'from': 'Alice', 'text': 'Is anybody there?'}]",
    ),
]
