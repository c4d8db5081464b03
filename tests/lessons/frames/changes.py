"""What each "Change it" of the lesson asks for, and what it promises."""

from tests.notebooks.changes import Change

CHANGES = [
    Change(
        asks="Close with 4000",
        cell="909a6451",
        old="(1000)",
        new="(4000)",
        sees=(r"\x88\x02\x0f\xa0", "close 4000"),
    ),
    Change(
        asks="Send `list(",
        cell="6feac629",
        old='["Hel", "lo"]',
        new='list("Hello")',
        sees=(
            "\n".join(f"(False, {0 if n else 1}, b'{letter}')" for n, letter in enumerate("Hello"))
            + "\n(True, 0, b'')",
            "['Hello', ",
        ),
    ),
]
