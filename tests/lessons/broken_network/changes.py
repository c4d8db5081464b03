"""What the lesson asks to change, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="Would a bigger server help?",
        cell="26c20003",
        old="result = stampede(doubling)",
        new="result = stampede(doubling, room=200)",
        sees="doubling: worst second: 500 attempts, all are back after 32 s",
    ),
    Change(
        asks="Give `doubling` a little jitter",
        cell="26c20003",
        old="    return min(30, 2**failures)",
        new="    return min(30, 2**failures) * (0.5 + chance() / 2)",
        sees="doubling: worst second: 249 attempts",
    ),
]
