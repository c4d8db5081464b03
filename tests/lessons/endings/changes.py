"""What the lesson asks to change, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="In the loop, write 1001",
        cell="5d30c033",
        old="1000",
        new="1001",
        sees="1001: the loop ended",
    ),
    Change(
        asks="Write `origins=[None",
        cell="0e008da5",
        old='origins=["https',
        new='origins=[None, "https',
        sees="an Origin is missing: welcome",
    ),
]
