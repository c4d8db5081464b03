"""Mistakes in sending to many clients, and what to say about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from helpers.exercises.engine.explain import Meanings
from helpers.exercises.stage.listening import Silence
from helpers.exercises.stage.verdict import find_wrong_field

LEFT: Meanings = (
    (
        "ConnectionClosed",
        "Carol has left, and `send` to her raises ConnectionClosed. Catch that, so that the "
        "others still get theirs.",
    ),
)
MEANINGS: Meanings = (
    (
        "'str' object has no attribute 'send'",
        "That is a name. `people[name]` is the connection, and `people.items()` gives both.",
    ),
    ("values to unpack", "A loop over a dict gives names alone: `people.items()` gives both."),
    ("dict-like", "`send` takes a string: `json.dumps(…)` makes one from a dict."),
    (
        "changed size during",
        "Leave `people` as it is: each handler takes out its own client. It may do so while you "
        "send, so loop over a copy: `list(people.items())`.",
    ),
    (
        RecursionError,
        "That many brackets are nested too deep for `json.loads`: catch that as well.",
    ),
    (
        "can't be used in 'await'",
        "Not everything is awaited: `send` and `recv` are, `json.dumps` is not.",
    ),
    ("no attribute 'send_json'", "`websockets` sends strings: `send(json.dumps(…))`."),
    ("no attribute 'broadcast'", "A connection leads to one client: `send` to each of them."),
    ("KeyError: 'Zoe'", "Nobody has that name: `people.get(to)` is None then. Send the error."),
    (
        ("no attribute 'append'", "no attribute 'add'"),
        "`people` is a dict: `people[name] = websocket`.",
    ),
    (
        "'int' object has no attr",
        "A name may not even be a string: ask for `str(name)` in the `case`.",
    ),
    ("Expecting value", "Not every message is JSON: `json.loads` raises. Catch that in the loop."),
    ("KeyError: 'name'", "Not every message has a name: answer with an error."),
    ("KeyError: 'type'", "Not every message has a type: answer with an error."),
    ("list indices must be", "JSON is not always an object; this is a list. Look before you ask."),
    ("the JSON object must be str", "`json.loads` takes a string: is what you give it awaited?"),
)


def explain_message(got: str | bytes | Silence, expected: Mapping[str, Any]) -> str:
    """Say what is wrong with a message.

    Args:
        got: what a client got.
        expected: the object that it should be.

    Returns:
        The next step; empty when the message is right.
    """
    if isinstance(got, Silence):
        return "Nothing arrived."
    if isinstance(got, bytes):
        return "Those are bytes. Send the string: the library encodes it."
    try:
        message = json.loads(got)
    except ValueError:
        if got.startswith("{'"):
            return "That is how Python prints a dict. JSON has double quotes: `json.dumps(…)`."
        if got.startswith("{"):
            return "That isn't JSON: do not glue it together, `json.dumps(…)` knows about quotes."
        return "A message is a JSON object: `json.dumps(…)` of a dict."
    if isinstance(message, str):
        return "That is JSON in JSON: one `json.dumps` is enough."
    if not isinstance(message, dict):
        return f"A message is an object, and that is a {type(message).__name__}."
    return find_wrong_field(message, expected)


def explain_error_reply(got: str | bytes | Silence, nudge: str) -> str:
    """Say what is wrong with an answer that should be an error.

    Args:
        got: what the client got.
        nudge: why an error is due.

    Returns:
        The next step; empty when it is an error.
    """
    if isinstance(got, Silence):
        return nudge
    try:
        message = json.loads(got)
    except ValueError:
        return explain_message(got, {})
    if not isinstance(message, dict) or "type" not in message:
        return 'An answer is an object, and its "type" says what it is: "error".'
    if message["type"] == "error":
        code = message.get("code")
        is_right = code and isinstance(code, str)
        return "" if is_right else 'An error has a "code", which is a string.'
    return nudge if message["type"] == "welcome" else 'The "type" of the answer is "error".'


def explain_entry(people: Mapping[Any, Any], name: str) -> str:
    """Say what is wrong with the entry of somebody who has joined.

    Args:
        people: the dict that all handlers share.
        name: the name that has joined.

    Returns:
        The next step; empty when the entry is right.
    """
    from websockets.asyncio.server import ServerConnection

    if isinstance(people.get(name), ServerConnection):
        return ""
    if name in people:
        return f"`people[{name!r}]` is not a connection: the handler's `websocket` belongs there."
    if any(isinstance(key, ServerConnection) for key in people):
        return "It is the other way round: the name leads to the connection."
    if name.casefold() in people:
        return "Compare small letters, but keep the name as it was typed."
    if any(str(key).strip() == name for key in people):
        return "In `people`, the spaces around the name are still there."
    return f"`people` does not have {name!r}: nobody will reach the client."


class Heard:
    """What everybody got from one call of a learner's function, and what it returned."""

    def __init__(self, by_name: Mapping[str, list[str | bytes]], returned: object) -> None:
        self.by_name, self.returned = by_name, returned

    @property
    def nobody(self) -> bool:
        """Whether nobody got anything."""
        return not any(self.by_name.values())


def explain_delivery(heard: Heard, name: str, expected: Mapping[str, Mapping[str, Any]]) -> str:
    """Say what is wrong with what one of several people got.

    Args:
        heard: what everybody got.
        name: whose messages are judged.
        expected: the message for each who should get one.

    Returns:
        The next step; empty when the right message came once, or none was due and none came.
    """
    got = heard.by_name[name]
    if not got and name not in expected:
        return ""
    if heard.nobody:
        return explain_nobody(heard, expected)
    if name not in expected:
        return explain_intruder(got, name, heard, expected)
    if not got:
        return explain_unreached(name, expected[name])
    if len(got) > 1 and set(got) == {got[0]}:
        return f"Once is enough: {name} got it {len(got)} times."
    problem = explain_message(got[0], expected[name])
    if problem and len(got) > 1 and not explain_message(got[-1], expected[name]):
        return (
            f"{name} was told that it had arrived, and then that it had not: send to the other "
            "person first."
        )
    if problem and expected[name].get("type") == "error" and '"message"' in str(got[0]):
        if any(others for other, others in heard.by_name.items() if other != name):
            return "Here a name has to be exactly right: nobody is there with that name."
        return "It did not arrive: nobody is there with that name. The sender gets an error."
    if problem and read_message(got[0]).get("name") == name:
        return "The loop's variable has replaced `name`: give it another one, such as `who`."
    return problem or ("" if len(got) == 1 else f"{name} got more than the one message.")


def explain_unreached(name: str, message: Mapping[str, Any]) -> str:
    """Say why a message perhaps did not reach somebody, while others got theirs."""
    if message.get("from") == name:
        return f"{name} wrote it, and wants to see it in the chat: send it to both."
    return (
        f"The message did not reach {name}. Does something end the loop too soon: a `return`, "
        "or an exception that is caught outside of it?"
    )


def read_message(got: str | bytes) -> Mapping[str, Any]:
    """Read a message; the result is empty if it is not an object."""
    try:
        message = json.loads(got)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def explain_nobody(heard: Heard, expected: Mapping[str, Mapping[str, Any]]) -> str:
    """Say why perhaps nobody got anything."""
    if heard.returned is not None:
        return "What it returns reaches nobody: `await websocket.send(…)` does."
    if any(message["type"] == "error" for message in expected.values()):
        return "Nobody is there with that name, and the sender should be told: send an error."
    return (
        "Nobody got anything. Is each `send` awaited? Does the loop use the name `name` again, "
        "so that the first one is lost?"
    )


def explain_intruder(
    got: list[str | bytes],
    name: str,
    heard: Heard,
    expected: Mapping[str, Mapping[str, Any]],
) -> str:
    """Say why somebody got a message that was not for them."""
    message = read_message(got[0])
    if message.get("type") == "typing":
        if any(heard.by_name[other] for other in expected):
            return f"{name} knows: send it to the others, and leave out `name` itself."
        return "Only the person who is typing got it: the others should."
    if message.get("type") == "error":
        return f"That is for the sender alone: {name} asked for nothing."
    if any(m["type"] == "error" for m in expected.values()):
        return "Here a name has to be exactly right: nobody is there with that name."
    return f"It was private, and {name} can read it: send it to two people, not to everybody."
