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
    Change(
        'Write `connect(wire.url, additional_headers={"X-Mood": "good"})`',
        cell="3899d694",
        old="connect(wire.url)",
        new='connect(wire.url, additional_headers={"X-Mood": "good"})',
        sees="X-Mood: good",
    ),
]
