"""What is wrong with a message."""

from __future__ import annotations

import json

import pytest

from helpers.lessons.chat.mistakes import explain_message


@pytest.mark.parametrize(
    ("got", "hint"),
    [
        ({"type": "typing", "on": True}, ""),
        ({"type": "typing", "on": 1}, '"on" should be true or false'),
        ({"type": "typing", "on": "true"}, '"on" should be true or false'),
        ({"type": "Typing", "on": True}, "spelled exactly like that"),
        ({"type": "typing"}, 'has no "on"'),
        ({"type": "typing", "on": True, "to": 1}, 'should not have "to"'),
        ([1], "a list"),
        ("typing", "JSON in JSON"),
    ],
)
def test_a_wrong_message_is_told_by_its_fault(got: object, hint: str) -> None:
    nudge = explain_message(json.dumps(got), {"type": "typing", "on": True})
    assert hint in nudge
    assert bool(nudge) == bool(hint)
