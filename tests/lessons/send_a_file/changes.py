"""What the lesson asks to change, and what is seen then."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="In the last cell, write `25_000`",
        cell="27c00005",
        old='"film.bin", film, 50_000)',
        new='"film.bin", film, 25_000)',
        sees="120 chunks",
    ),
    Change(
        asks="Take the line with the bug out",
        cell="27e00006",
        old="parts[3], parts[4] = parts[4], parts[3]\n",
        new="",
        sees="{'type': 'stored'}",
    ),
]
