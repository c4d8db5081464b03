"""What the lesson asks to change, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="Move `count = 0`",
        cell="ce9417af",
        old="async def counter(websocket):\n    count = 0\n",
        new="count = 0\nasync def counter(websocket):\n    global count\n",
        runs=("596a3461",),
        sees="Bob: message 3",
    ),
    Change(
        asks="Write `except* ValueError`",
        cell="14e30008",
        old="except* TypeError",
        new="except* ValueError",
        sees="ExceptionGroup",
    ),
]
