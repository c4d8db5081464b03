"""A script of frames, which plays the client for a function that reads messages."""

from __future__ import annotations

from typing import Any

from helpers.exercises.engine.exercise import Attempt
from helpers.exercises.engine.values import same

Frames = list[tuple[bool, int, bytes]]
NAMES = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


class NoMore(Exception):  # no EOFError: that has a sentence of its own, about `input`
    """There is no other frame: the client has hung up."""


class Script:
    """Frames that arrive one after the other, and what is sent meanwhile.

    Args:
        frames: each with FIN, opcode and payload.

    Attributes:
        sent: what was sent: how many frames had been read by then, opcode, payload.
    """

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.read = 0
        self.sent: list[tuple[int, Any, Any]] = []

    def next_frame(self) -> tuple[bool, int, bytes]:
        """Return the next frame.

        Raises:
            NoMore: there is none.
        """
        if self.read == len(self.frames):
            raise NoMore("there is no other frame")
        self.read += 1
        return self.frames[self.read - 1]

    def send(self, opcode: Any, payload: Any) -> None:
        """Note what is sent."""
        self.sent.append((self.read, opcode, payload))

    def __str__(self) -> str:
        return ", ".join(
            f"{NAMES[opcode]} {payload!r}{'' if fin else ' (FIN=0)'}"
            for fin, opcode, payload in self.frames
        )

    def explain_end(self, error: BaseException | None) -> str:
        """Say what it means that more frames were asked for than there are."""
        if not isinstance(error, NoMore):
            return ""
        last = self.frames[-1][1]
        if last == 8:
            return "A close frame ends everything: return it, whatever has been collected."
        if len(self.frames) > 1 and last == 0:
            return "The message is complete with the frame that has FIN: return it then."
        return "The message is complete: return it before you ask for another frame."

    def judge(self, attempt: Attempt, got: Any, expected: tuple[int, bytes]) -> None:
        """Refuse a wrong message, and wrong answers to pings."""
        if not same(got, expected) or type(got) is not tuple:
            attempt.of_type(got, tuple, "Return two values: `return opcode, data`.")
            attempt.equal(got, expected, f"{self._explain(got, expected)} It came as: {self}.")
        pings = [
            (place, payload)
            for place, (_, opcode, payload) in enumerate(self.frames, 1)
            if opcode == 9
        ]
        for (place, payload), sent in zip(pings, self.sent, strict=False):
            attempt.require(
                sent[1] == 10, f"A ping is answered by a pong: opcode 10, not {sent[1]}."
            )
            attempt.require(
                same(sent[2], payload), f"The pong holds what the ping held: {payload!r}."
            )
            attempt.require(sent[0] == place, "Answer a ping at once, before the next frame.")
        if len(self.sent) < len(pings):
            attempt.fail(f"Nobody answered a ping: `send(10, payload)`. The frames were: {self}.")
        if len(self.sent) > len(pings):
            attempt.fail(f"Only pings are answered, and nothing else is sent: {self}.")

    def _explain(self, got: tuple[Any, ...], expected: tuple[int, bytes]) -> str:
        if len(got) != 2:
            return "Return two values: the opcode and the bytes."
        opcode, data = got
        if isinstance(data, list):
            return 'The payloads belong together: `b"".join(…)`.'
        if isinstance(data, str):
            return "Return bytes: whether they are text is looked at later."
        if expected[0] == 8:
            return "A close frame ends everything: return it as it is, opcode 8 and its payload."
        if opcode == 8 or opcode == 9 or opcode == 10:
            return "Only a message or a close frame is returned: a ping or a pong is neither."
        if opcode == 0:
            return "Only the first frame of a message knows its kind: return that opcode."
        if data == self.frames[0][2] and not self.frames[0][0]:
            return "That is the first fragment alone: without FIN, more of it follows."
        pings = [payload for _, opcode, payload in self.frames if opcode > 8]
        if any(payload and payload in data for payload in pings):
            return "A ping or a pong is not a part of the message."
        if opcode != expected[0]:
            return "The kind is that of the first frame: 1 for text, 2 for binary."
        return "Join the payloads of all fragments, in their order."
