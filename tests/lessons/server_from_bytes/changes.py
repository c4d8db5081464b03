"""What the lesson's "Change it" ask for, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="Change the first byte from `81` to `01`",
        cell="13b5try",
        old="81 85",
        new="01 85",
        sees="(False, 1, b'Hello')",
    ),
    Change(
        asks='Send `b"Hello"` instead',
        cell="13c4start",
        old='send("Hello")',
        new='send(b"Hello")',
        sees="b'Hello'",
    ),
]
