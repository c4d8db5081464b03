"""What the lesson's **Change it** ask for, each made by a test."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        "In `lines`, write `/nowhere`",
        cell="6a2bc2c5",
        old="GET /ws ",
        new="GET /nowhere ",
        runs=("fae2971c",),
        sees="404 Not Found",
    ),
    Change(
        "Write `Upgrade: WebSocket`",
        cell="9829e7c5",
        old="Upgrade: h2c",
        new="Upgrade: WebSocket",
        sees="another protocol  101",
    ),
]
