"""Exercises of the lesson socketio_on_the_wire: packets read, written and exchanged."""

from __future__ import annotations

import json
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.values import same, shown
from helpers.lessons.socketio_on_the_wire.server import Violation, serve_chat

Parsed = tuple[str, str, int | None, Any]

PACKETS: tuple[tuple[str, Parsed], ...] = (
    ('42["chat","hi"]', ("event", "/", None, ["chat", "hi"])),
    ("41", ("disconnect", "/", None, None)),
    ('40{"sid":"id-2"}', ("connect", "/", None, {"sid": "id-2"})),
    ('421["echo","a"]', ("event", "/", 1, ["echo", "a"])),
    ('43207["ok",[]]', ("ack", "/", 207, ["ok", []])),
    ("430[]", ("ack", "/", 0, [])),
    ("40/admin,", ("connect", "/admin", None, None)),
    ('42/admin,7["kick","Bob"]', ("event", "/admin", 7, ["kick", "Bob"])),
    ('42["path","/a,1[b]"]', ("event", "/", None, ["path", "/a,1[b]"])),
    ('42/a/b-1,["x",{"y":[1]}]', ("event", "/a/b-1", None, ["x", {"y": [1]}])),
    ('44{"message":"no, /7"}', ("connect_error", "/", None, {"message": "no, /7"})),
    ('42["set",true,null]', ("event", "/", None, ["set", True, None])),
    ('4212["seven",7]', ("event", "/", 12, ["seven", 7])),
    ("41/admin,", ("disconnect", "/admin", None, None)),
)
PARTS = ("type", "namespace", "number", "data")


@exercise(
    hints=(
        "`text[0]` is Engine.IO's 4. `SOCKET[int(text[1])]` is the type. What is left, "
        "`text[2:]`, gets shorter from the left, part by part.",
        "If the rest starts with `/`, the namespace goes up to the first comma: "
        '`namespace, _, rest = rest.partition(",")`. Without a `/` leave the commas alone.',
        "The number: count the digits at the start of the rest, or take them one by one in a "
        "`while rest[:1].isdigit()`. What is left then is JSON, or nothing.",
    )
)
def parse_packet(attempt: Attempt) -> None:
    """Return type, namespace, number and data of a Socket.IO packet."""
    for text, expected in PACKETS:
        got = attempt(text)
        attempt.of_type(got, tuple, "Return four values: type, namespace, number, data.")
        attempt.require(len(got) == 4, "Return four values: type, namespace, number, data.")
        for name, part, wanted in zip(PARTS, got, expected, strict=True):
            if not same(part, wanted):
                facts = [("returned", shown(got)), ("expected", shown(expected))]
                nudge = _explain_part(name, part, wanted)
                raise NotYet(attempt.call_text, facts, [nudge])


def _explain_part(name: str, got: Any, wanted: Any) -> str:
    match name:
        case "type":
            if got == "message":
                return "That is Engine.IO's 4. The type of Socket.IO is the digit after it."
            return "The type is the second character, by its name in `SOCKET`."
        case "namespace" if wanted == "/":
            return "Without a `/` right behind the type, the namespace is `/`."
        case "namespace":
            return "The namespace goes from the `/` to the comma, without the comma."
        case "number" if wanted == 0:
            return "0 is a number too: only where no digit stands it is None."
        case "number" if isinstance(got, str):
            return "The number is an `int`."
        case "number" if wanted is not None:
            return "The number is all digits up to the JSON: it may have several."
        case "number":
            return "No digits before the JSON: then the number is None."
        case _ if isinstance(got, str):
            return "The data is JSON: `json.loads` reads it."
        case _:
            return "The data is what the JSON says; None where nothing is left."


EVENTS: tuple[tuple[str, list[Any], int | None, str], ...] = (
    ("chat", ["hi"], None, '42["chat","hi"]'),
    ("say", [{"id": "a1", "text": "hi"}], 7, '427["say",{"id":"a1","text":"hi"}]'),
    ("echo", ["a", 1, None, True], 12, '4212["echo","a",1,null,true]'),
    ("echo", [], 0, '420["echo"]'),
    ("list", [["a", "b"]], None, '42["list",["a","b"]]'),
    ('quo"te', ['it\'s "ö"'], None, '42["quo\\"te","it\'s \\"ö\\""]'),
)


@exercise(
    hints=(
        "The digits 4 and 2, then the number if there is one, then JSON.",
        "The JSON is one list: the name, then the values. `[name, *values]` is that list.",
        '`"" if number is None else number` writes nothing for None, and 0 for 0.',
    )
)
def build_event(attempt: Attempt) -> None:
    """Write an event, with or without a number for its acknowledgement."""
    attempt.copies = False
    for name, values, number, expected in EVENTS:
        given = list(values)
        got = attempt(name, given, number)
        attempt.unchanged((given, values))
        attempt.of_type(got, str)
        head, bracket, rest = got.partition("[")
        wanted = expected.partition("[")[0]
        if head != wanted:
            facts = [("returned", shown(got)), ("expected", shown(expected))]
            raise NotYet(attempt.call_text, facts, [_explain_head(got, head, wanted, number)])
        try:
            data = json.loads(bracket + rest)
        except ValueError:
            attempt.fail("What follows the digits is no JSON: `json.dumps` writes it.")
        nudge = "One list: the name first, then each value for itself."
        attempt.equal(data, [name, *values], nudge, reveal=False)


def _explain_head(got: str, head: str, wanted: str, number: int | None) -> str:
    if not head.startswith("42"):
        return "It begins with 42: a message of Engine.IO, an event of Socket.IO."
    if head == "42" and got.endswith(str(number)):
        return "The number stands before the list, not behind it."
    if head == "42" and number == 0:
        return "0 is a number too: the first one, for many clients. Ask `number is None`."
    if head == "42":
        return "Where is the number? Without one, nobody acknowledges."
    if wanted == "42":
        return "The number is None, so nothing stands between 42 and the list."
    return "Between 42 and the list stands the number, and nothing else."


TALKS = (
    ("Ada", "hello", {"ok": True, "seq": 7, "at": "2026-01-05T10:00:00.000Z"}),
    ("Bob", "Grüße, [1] 🎉", {"ok": True, "seq": 8, "at": "2026-01-05T10:00:01.000Z"}),
)


@exercise(
    hints=(
        "`dial(address, {…})` of section 5 opens the session and joins it. It returns once the "
        "server has let you in.",
        "Say it with a number: `build_event` of exercise 2 writes the packet. Then read packet "
        "by packet until the one comes that begins with `43` and your number.",
        'On the way to it, answer each `"2"` with `"3"`, and pass over everything else.',
        "An acknowledgement carries a list of values, here of one: the object. `async with` "
        "around the connection, or `await ws.close()`, says goodbye.",
    ),
    timeout_s=6.0,
    total_s=20.0,
)
async def join_chat(attempt: Attempt) -> None:
    """Join, say one text, answer pings, return the acknowledgement."""
    for name, text, due in TALKS:
        title = f"join_chat(address, {name!r}, {text!r})"
        async with serve_chat(name, text, due) as chat:
            try:
                got = await attempt(chat.address, name, text)
            except NotYet as failure:
                await chat.wait_until_over(0.1)
                if chat.violation:
                    raise _make_refusal(title, chat.violation, failure) from failure
                raise
            attempt.call_text = title
            if not chat.connected:
                raise _make_refusal(
                    title, Violation("Nobody came to the chat: connect to `address`.")
                )
            if not await chat.wait_until_over(1.0):
                chat.violation = Violation("The connection is still open: close it at the end.")
            if chat.violation and not _explain_acknowledgement(got):
                raise _make_refusal(title, chat.violation)
            attempt.equal(
                got,
                due,
                _explain_acknowledgement(got) or "Return what the acknowledgement carries.",
            )


def _make_refusal(title: str, violation: Violation, failure: NotYet | None = None) -> NotYet:
    facts = [("the chat got", shown(violation.got))] if violation.got is not None else []
    awaits = [line for line in (failure.lines if failure else ()) if "Nobody awaited" in line]
    return NotYet(title, facts, [violation.nudge, *awaits])


def _explain_acknowledgement(got: Any) -> str:
    if got == "2":
        return "That is a ping, which came before the acknowledgement. Answer it, and read on."
    if isinstance(got, str) and got.startswith("42"):
        return "That is an event, which came before the acknowledgement: read on."
    if isinstance(got, str) and got.startswith("43"):
        return "That is the whole packet: the object is in its JSON."
    if isinstance(got, list) and got and got[0] == "typing":
        return "That is an event, which came before the acknowledgement: read on."
    if isinstance(got, list):
        return "An acknowledgement is a list of values: return its first."
    return ""
