"""Mistakes with outboxes, budgets and history, and what to say about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from helpers.exercises.engine.explain import Meanings

POST_MEANINGS: Meanings = (
    (
        ("no attribute 'append'", "no attribute 'add'"),
        "`outbox.messages` is a queue: `put_nowait` puts something into it.",
    ),
    (
        "'Outbox' object has no attribute",
        "An outbox has a queue, `messages`, and a `size`. The message goes into the queue.",
    ),
    ("'Outbox' has no len", "`outbox.size` says how many bytes are waiting."),
    ("'Queue' has no len", "`outbox.size` says how many bytes are waiting."),
    (
        "'str' object has no attribute 'size'",
        "A string has no size of its own: `len(text.encode())`.",
    ),
)
BUDGET_MEANINGS: Meanings = (
    (
        "'dict' object has no attribute",
        'The budget is a dict: `budget["left"]` and `budget["at"]`.',
    ),
    (KeyError, 'The budget has two entries: `budget["left"]` and `budget["at"]`.'),
)
MEANINGS: Meanings = (
    ("'set' object has no attribute", "`clients` is a set: `clients.add(websocket)`."),
    (
        "can't be used in 'await'",
        "Not everything is awaited: `send` is, `clients.add` is not.",
    ),
)


def explain_post(
    got: object,
    fits: bool,
    waiting: Sequence[str],
    expected: Sequence[str],
    grown: int,
    text: str,
) -> str:
    """Say what is wrong after one message was posted.

    Args:
        got: what the learner's function returned.
        fits: whether there was room.
        waiting: what is in the queue now.
        expected: what should be in it.
        grown: by how much the size of the outbox has grown.
        text: the message.

    Returns:
        The next step; empty when all is right, and `wrong` when the answer itself is.
    """
    if got is None:
        return "It returned None: whoever calls it has to know whether there was room."
    if not isinstance(got, bool):
        return "Return True or False, and nothing else."
    if got is not fits:
        return "wrong"
    size = len(text.encode())
    if list(waiting) != list(expected):
        if not fits:
            return "There was no room: the queue has to stay as it was."
        return "It said True, but the message isn't in the queue: `put_nowait(text)`, once."
    if not fits:
        return "" if grown == 0 else "There was no room: `outbox.size` has to stay as it was."
    if grown == size:
        return ""
    if grown == 0:
        return "The message is in the queue, and `outbox.size` has to grow by its bytes."
    if grown == len(text):
        return f"Count bytes, not characters: {text!r} has {len(text)} characters, {size} bytes."
    return f"`outbox.size` grew by {grown}, and the message has {size} bytes."


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
