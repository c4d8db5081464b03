"""Who got what, when a learner's function sends to a crowd."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.stage.listening import Silence
from helpers.exercises.stage.verdict import refuse, reword
from helpers.exercises.stage.websocket_crowd import Crowd
from helpers.lessons.chat.mistakes import LEFT, MEANINGS, Heard, explain_delivery


async def call(
    attempt: Attempt, crowd: Crowd, title: str, *arguments: Any, leaver: str = ""
) -> Heard:
    """Call the learner's function with the people of a crowd, and collect what each got."""
    before = {name: end for name, end in crowd.people.items() if name != leaver}
    try:
        returned = await attempt(*arguments, crowd.people)
    except NotYet as failure:
        nudge = match_cause(failure, (*LEFT, *MEANINGS))
        raise reword(failure, nudge, title) from failure.__cause__
    attempt.call_text = title
    heard = await crowd.hear()
    nudge = "`people` belongs to all handlers: leave it as it was."
    left = {name: end for name, end in crowd.people.items() if name != leaver}
    attempt.require(left == before, nudge)
    return Heard(heard, returned)


def require_due(attempt: Attempt, heard: Heard, expected: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse unless everybody got exactly what they should: one message, or nothing."""
    for name, got in heard.by_name.items():
        nudge = explain_delivery(heard, name, expected)
        if nudge:
            what = f"{name} got"
            wanted = (
                json.dumps(expected[name], ensure_ascii=False) if name in expected else "nothing"
            )
            value: object = (
                got[0] if len(got) == 1 else Silence(", ".join(map(repr, got)) or "nothing")
            )
            attempt.result_text = None
            refuse(attempt, value, wanted, nudge, what=what)
