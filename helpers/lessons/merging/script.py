"""A client of a learner's `sync_server`, without a wire: what it says, and what it is told.

It says step 1, then step 2 with what it has written, then two updates, each with one more letter.
What the learner's server does is kept in `events`, in order, so that the check can tell whether
something was stored before the others saw it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pycrdt import Doc, Text, create_sync_message, create_update_message, read_message
from pycrdt import write_message as framed

STEP_1, STEP_2, UPDATE = b"\0\0", b"\0\1", b"\0\2"


class Client:
    """One client: what a `sync_server` takes for a connection.

    Attributes:
        events: what the server did, each a word and some bytes.
        said: what the client said, in order.
        updates: the updates in it.
    """

    def __init__(self, name: str, words: str) -> None:
        self.name, self.events = name, list[tuple[str, Any]]()
        doc: Any = Doc()
        text = doc.get("text", type=Text)
        self.said = [create_sync_message(doc)]
        text += words
        self.updates = [doc.get_update()]
        self.said.append(STEP_2 + framed(self.updates[0]))
        for letter in "!?":
            before = doc.get_state()
            text += letter
            self.updates.append(doc.get_update(before))
            self.said.append(create_update_message(self.updates[-1]))
        self.text = str(text)
        self._next = iter(self.said)

    async def send(self, message: Any) -> None:
        """Take what the server sends."""
        self.events.append(("sent", message))

    async def recv(self) -> bytes:
        """Give the server the next message."""
        from websockets.exceptions import ConnectionClosedOK

        for message in self._next:
            self.events.append(("read", message))
            return message
        raise ConnectionClosedOK(None, None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the server one message after another, until there is none."""
        for message in self._next:
            self.events.append(("read", message))
            yield message

    def store(self, update: Any) -> None:
        """Take what the server stores."""
        self.events.append(("stored", update))

    def pass_on(self, message: Any) -> None:
        """Take what the server passes on."""
        self.events.append(("passed", message))

    def of(self, kind: str) -> list[Any]:
        """List what the server did of one kind."""
        return [data for word, data in self.events if word == kind]

    def explain_failure(self, error: BaseException | None) -> str:
        """Say what an exception in the learner's function means.

        Args:
            error: what was raised.

        Returns:
            The next step; empty where the error's own words say it.
        """
        words = f"{type(error).__name__}: {error}"
        if "ConnectionClosed" in words:
            return "The client has left. `async for` ends then; `recv` raises."
        if isinstance(error, ValueError) or "PanicException" in words:
            return (
                "What is handed over there? `handle_sync_message` wants the message from its "
                "second byte on, and an update is only the content."
            )
        if "await" in words:
            return "`store` and `pass_on` are plain functions: call them without `await`."
        return ""


def explain_events(client: Client, doc: Any) -> str:
    """Say what is wrong with what a server did.

    Args:
        client: whom it served.
        doc: the server's document.

    Returns:
        The next step; empty when all is right.
    """
    if client.of("read") != client.said:
        return "It stopped before the client had left: go on with the next message."
    return (
        explain_sent(client)
        or explain_merged(client, doc)
        or explain_stored(client)
        or explain_passed(client)
    )


def explain_sent(client: Client) -> str:
    """Say what is wrong with what the client was sent."""
    sent = client.of("sent")
    if any(not isinstance(message, bytes) for message in sent):
        return "It sent something that is not bytes. Only step 1 has an answer."
    kinds = [message[:2] for message in sent]
    if STEP_1 not in kinds:
        return (
            "It never asks what the client has: begin with step 1, `create_sync_message(doc)`. "
            "Whoever was offline brings letters that the server is missing."
        )
    if client.events[0][0] != "sent" or kinds[0] != STEP_1:
        return "Ask first, and then read: the client answers step 1 only after it has been sent."
    if kinds.count(STEP_1) > 1:
        return "Ask once, at the beginning: step 1 belongs before the loop."
    if STEP_2 not in kinds:
        return (
            "The client's step 1 has no answer, so it reads nothing. `handle_sync_message` "
            "returns the answer: send it."
        )
    if len(kinds) > 2:
        return "The client gets its own update back: that is for the others alone."
    mine: Any = Doc()
    mine.apply_update(read_message(sent[1][2:]))
    if not str(mine.get("text", type=Text)).startswith("Dear all"):
        return "The answer to step 1 lacks what was written before: it comes from `doc`."
    return ""


def explain_merged(client: Client, doc: Any) -> str:
    """Say whether something is missing in the server's document."""
    text = str(doc.get("text", type=Text))
    if client.text in text:
        return ""
    if client.text[:-2] in text:
        return "The update of a new letter is not in `doc`: merge it, as you merge step 2."
    return (
        f"What {client.name} had written offline is not in `doc`. "
        "`handle_sync_message(message[1:], doc)` merges steps 2 and updates."
    )


def explain_stored(client: Client) -> str:
    """Say what is wrong with what was stored."""
    stored = client.of("stored")
    if not stored:
        return "Nothing is stored: call `store(update)` for step 2 and for each update."
    tails = [message[cut:] for message in client.said for cut in (0, 1, 2)]
    if any(data in tails for data in stored):
        return "Store the update alone: `read_message(message[2:])`, without kind and length."
    if stored != client.updates:
        if len(stored) > len(client.updates):
            return "Too much is stored: once for step 2 and for each update, and never for step 1."
        return "Something is not stored: step 2 brings an update as well."
    return ""


def explain_passed(client: Client) -> str:
    """Say what is wrong with what the others were sent."""
    passed = client.of("passed")
    if not passed:
        return "The others hear nothing: call `pass_on(…)` with an update message."
    if client.said[0] in passed:
        return "Step 1 is a question to the server: do not pass it on."
    if any(not isinstance(message, bytes) or message[:2] != UPDATE for message in passed):
        return "Pass on update messages: `create_update_message(update)`, also for step 2."
    if [read_message(message[2:]) for message in passed] != client.updates:
        return "Pass on each update once, those of step 2 as well."
    order = [word for word, _ in client.events if word in ("stored", "passed")]
    if order != ["stored", "passed"] * len(client.updates):
        return "Store first, and then pass on: what others have seen must be on the disk."
    return ""
