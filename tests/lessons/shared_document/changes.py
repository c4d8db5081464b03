"""What the lesson's **Change it** ask for, each made by a test."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks='Write `{"at": 1',
        cell="24c1edit",
        old='"at": 2, "delete": 0',
        new='"at": 1, "delete": 1',
        sees="'H?'",
    ),
    Change(
        asks="In the cell with `big` and `s`",
        cell="24d1edits",
        old='"at": 3',
        new='"at": 0',
        runs=("24e1sides",),
        sees="'big scat')",
    ),
]
