"""Exercises of the lesson merging: missing updates, and a server that merges."""

from __future__ import annotations

from typing import Any

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.exercise import Attempt, exercise
from helpers.exercises.stage.verdict import reword
from helpers.lessons.merging.script import Client, explain_events


def _history() -> tuple[list[bytes], list[tuple[bytes, Any]], str]:
    """Return updates of two authors, clients' states with their documents, and the text."""
    from pycrdt import Doc, Text

    docs: list[Any] = [Doc(client_id=number) for number in (1, 2)]
    updates, clients = [], []
    words = ("Dear ", "all, ", "see ", "you ", "soon")
    for number, word in enumerate(words):
        doc, other = docs[number % 2], docs[1 - number % 2]
        state = doc.get_state()
        doc.get("text", type=Text).__iadd__(word)
        updates.append(doc.get_update(state))
        other.apply_update(updates[-1])
        client: Any = Doc()
        client.apply_update(doc.get_update())
        clients.append((client.get_state(), client))
    nobody: Any = Doc()
    return updates, [(nobody.get_state(), nobody), *clients], "".join(words)


@exercise(
    hints=(
        "First you need a document that has everything: a new `Doc()`, and `apply_update` for "
        "each update.",
        "A document can tell what somebody else is missing: `get_update` takes their state.",
    )
)
def what_is_missing(attempt: Attempt) -> None:
    """Return the update that a client with this state needs."""
    from pycrdt import Text

    updates, clients, text = _history()
    for order in (updates, updates[::-1]):
        for state, client in clients:
            got = attempt(order, state)
            attempt.call_text = "what_is_missing(five updates, a client's state)"
            attempt.require(got is not None, "It returned None: is a `return` missing?")
            got = bytes(got) if isinstance(got, bytearray) else got
            attempt.require(not isinstance(got, list), "Return one update: a document joins them.")
            attempt.of_type(got, bytes, "Return an update: the bytes, not the text in them.")
            before = client.get_state()
            _require_enough(attempt, got, client, text)
            _require_no_more(attempt, got, before, order)
            assert str(client.get("text", type=Text)) == text
        _, clients, _ = _history()
    _require_deletes(attempt)


def _require_deletes(attempt: Attempt) -> None:
    """A client has all letters, so its state says that nothing is missing, but not a delete."""
    from pycrdt import Doc, Text

    doc: Any = Doc(client_id=1)
    text = doc.get("text", type=Text)
    text += "cart"
    updates, state = [doc.get_update()], doc.get_state()
    client: Any = Doc()
    client.apply_update(updates[0])
    del text[2:3]
    updates.append(doc.get_update(state))
    got = attempt(updates, client.get_state())
    attempt.call_text = (
        "what_is_missing(updates, state): a letter was deleted, and no letter is new"
    )
    attempt.of_type(got, bytes)
    client.apply_update(got)
    nudge = "A state does not count deletes, so let `get_update` decide what is missing."
    attempt.equal(str(client.get("text", type=Text)), "cat", nudge)


def _require_enough(attempt: Attempt, got: bytes, client: Any, text: str) -> None:
    from pycrdt import Text

    if got[:2] in (b"\0\1", b"\0\2"):
        attempt.fail("That is a message. Return the update alone.")
    try:
        client.apply_update(got)
    except ValueError:
        attempt.fail("That is not an update. Is it a state? `get_update` gives an update.")
    read = str(client.get("text", type=Text))
    nudge = "After your update the client is still missing something. Have you applied them all?"
    if got == b"\0\0" and read != text:
        nudge = "That update is empty. Does the document have everything, and is the state theirs?"
    attempt.equal(read, text, nudge)


def _require_no_more(attempt: Attempt, got: bytes, state: bytes, updates: list[bytes]) -> None:
    from pycrdt import Doc

    doc: Any = Doc()
    for update in updates:
        doc.apply_update(update)
    nudge = "That is everything, but the client has some of it: give its state to `get_update`."
    attempt.require(len(got) <= len(doc.get_update(state)), nudge)


@exercise(
    hints=(
        "Begin with the question: send `create_sync_message(doc)`. Then one `async for`.",
        "`handle_sync_message(message[1:], doc)` returns an answer to step 1, which you send. For "
        "the other two kinds it merges, and returns None.",
        "If there is no answer, `read_message(message[2:])` is the update: store it first, and "
        "then pass it on as `create_update_message(update)`.",
    )
)
async def sync_server(attempt: Attempt) -> None:
    """Two clients, one after the other: what each is told, and what is stored and passed on."""
    from pycrdt import Doc, Text

    attempt.copies = False
    doc: Any = Doc(client_id=9)
    shared = doc.get("text", type=Text)
    shared += "Dear all, "
    for name, words in (("Alice", "see you "), ("Bob", "soon.")):
        client = Client(name, words)
        title = f"sync_server({name}, doc, store, pass_on)"
        try:
            await attempt(client, doc, client.store, client.pass_on)
        except NotYet as failure:
            nudge = client.explain_failure(failure.__cause__)
            raise reword(failure, nudge, title) from failure.__cause__
        attempt.call_text = title
        if problem := explain_events(client, doc):
            attempt.fail(problem)
