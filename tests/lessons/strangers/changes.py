"""What the lesson asks to change, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="In `read`, write `except ValueError:`",
        cell="436b0c28",
        old="(ValueError, RecursionError)",
        new="ValueError",
        runs=("5ae6de0b",),
        sees="bad_message, thrown out, bad_message",
    ),
    Change(
        asks="In the cell above, write `HOLD_S = 0`",
        cell="23c50004",
        old="HOLD_S = 5",
        new="HOLD_S = 0",
        sees="welcome",
    ),
]
