"""Mistakes in sending to many clients, and what to say about them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from helpers.exercises.engine.explain import Meanings
from helpers.exercises.stage.listening import Silence
from helpers.exercises.stage.verdict import find_wrong_field

LEFT: Meanings = (
    (
        "ConnectionClosed",
        "Carol has left, and `send` to her raises ConnectionClosed. Catch that, so that she "
        "spoils nothing for the others.",
    ),
)
MEANINGS: Meanings = (
    (
        "'str' object has no attribute 'send'",
        "That is a name. `people[name]` is the connection, and `people.items()` gives both.",
    ),
    ("values to unpack", "A loop over a dict gives names alone: `people.items()` gives both."),
    ("dict-like", "`send` takes a text: `json.dumps(…)` makes one of a dict."),
    (
        "changed size during",
        "Leave `people` as it is: each handler takes out its own client. It may do so while you "
        "send, so loop over a copy: `list(people.items())`.",
    ),
    (
        RecursionError,
        "Too many brackets are too deep for `json.loads`: catch that as well.",
    ),
    (
        "can't be used in 'await'",
        "Not all is awaited: `send` and `recv` are, `json.dumps` is not.",
    ),
    ("no attribute 'send_json'", "`websockets` sends texts: `send(json.dumps(…))`."),
    ("no attribute 'broadcast'", "A connection leads to one client: `send` to each of them."),
    ("'set' object has no attribute", "`clients` is a set: `clients.add(websocket)`."),
    ("KeyError: 'Zoe'", "Nobody has that name: `people.get(to)` is None then. Send the error."),
    (
        ("no attribute 'append'", "no attribute 'add'"),
        "`people` is a dict: `people[name] = websocket`.",
    ),
    (
        "'int' object has no attr",
        "A name may be no text at all: ask for `str(name)` in the `case`.",
    ),
    ("Expecting value", "Not every text is JSON: `json.loads` raises. Catch that in the loop."),
    ("KeyError: 'name'", "Not every message has a name: answer with an error."),
    ("KeyError: 'type'", "Not every message has a type: answer with an error."),
    ("list indices must be", "JSON is not always an object; this is a list. Look before you ask."),
    ("the JSON object must be str", "`json.loads` takes the text: is what you give it awaited?"),
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
        return "Nothing came."
    if isinstance(got, bytes):
        return "Those are bytes. Send the text: the library encodes it."
    try:
        message = json.loads(got)
    except ValueError:
        if got.startswith("{'"):
            return "That is how Python prints a dict. JSON has double quotes: `json.dumps(…)`."
        if got.startswith("{"):
            return "That is no JSON: do not glue it together, `json.dumps(…)` knows the quotes."
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
        return "" if code and isinstance(code, str) else 'An error has a "code", which is a text.'
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
        return f"`people[{name!r}]` is no connection: the handler's `websocket` belongs there."
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
            "one first."
        )
    if problem and expected[name].get("type") == "error" and '"message"' in str(got[0]):
        if any(others for other, others in heard.by_name.items() if other != name):
            return "Names are compared letter by letter here: nobody of that name is there."
        return "It did not arrive: nobody of that name is there. The sender gets an error."
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
        return "Nobody of that name is there, and the sender should be told: send an error."
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
        return "Only the one who types got it: the others should."
    if message.get("type") == "error":
        return f"That is for the sender alone: {name} asked for nothing."
    if any(m["type"] == "error" for m in expected.values()):
        return "Names are compared letter by letter here: nobody of that name is there."
    return f"It was private, and {name} can read it: send it to two people, not to all."


def explain_catch_up(
    got: list[str | bytes], everything: list[str], seen: int, returned: object
) -> str:
    """Say what is wrong with the messages that a client got while catching up.

    Args:
        got: the messages that came, in order.
        everything: all that was said; the last one after the learner's function had returned.
        seen: how many of them the client had before.
        returned: what the learner's function returned.

    Returns:
        The next step; empty when all came once and in order.
    """
    missed = everything[seen:]
    if got == missed:
        return ""
    if not got and returned is not None:
        return "What it returns reaches nobody: send it, message by message."
    if not got:
        return "Nothing came, not even what was said afterwards: is she in `clients`?"
    first = str(got[0])
    if len(first) > len(missed[0]) and first.replace(", ", "").count(missed[0]) == 1:
        if first.startswith("["):
            return "That is a list as a text: send each message as it is."
        return "A list travels as fragments of one message: send each by itself."
    if seen and first == everything[0]:
        return f"She has the first {seen} already: begin with `messages[seen]`."
    if Counter(got) - Counter(missed):
        return (
            "Something came twice: while she caught up, she was in `clients` already, and got "
            "the new ones there, too. Add her when nothing is missing any more."
        )
    if set(got) == set(missed):
        return (
            "Nothing is missing, but the order is wrong: she was in `clients` too early. Add "
            "her when she has everything."
        )
    if missed[-1] not in got:
        return "She caught up, and hears nothing new: add her to `clients`."
    if everything[seen] not in got:
        return f"The first one is missing: after {seen} messages, the next is `messages[seen]`."
    return (
        "While you sent, others went on talking, and that is missing: look whether `messages` "
        "has grown, until there is no more."
    )
