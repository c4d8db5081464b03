"""Mistakes in what frames carry, messages and closes, and what to say about them."""

from __future__ import annotations

from typing import Any

from helpers.lessons.frames.mistakes import BIG_ENDIAN

UNFINISHED = "The FIN of the last message has not come yet, so it is not in the list."
SPLIT = "An `é` can be cut in two between fragments: join the bytes first, then decode."
Frames = list[tuple[bool, int, bytes]]


def explain_decoding(frames: Frames) -> str:
    """Say which bytes were decoded though they are not text.

    Args:
        frames: the frames.

    Returns:
        The next step.
    """
    if {2, 9} <= {opcode for _, opcode, _ in frames}:
        return (
            "This message is binary, as its first fragment says, and so not to be decoded: "
            "a control frame between them changes nothing."
        )
    if any(opcode == 2 for _, opcode, _ in frames):
        return "Opcode 2 is binary: its bytes are not text, so do not decode them."
    if any(opcode == 8 for _, opcode, _ in frames):
        return "Opcode 8 is close, a control frame: it is not part of any message."
    return SPLIT


def explain_messages(got: list[Any], frames: Frames, expected: list[str | bytes]) -> str:
    """Say what is wrong with a list of messages.

    Args:
        got: the learner's list.
        frames: the frames.
        expected: the right list.

    Returns:
        The next step.
    """
    control = [payload for _, opcode, payload in frames if opcode >= 8]
    joined = _joined(got)
    if [m for m in expected if m] == got != expected:
        return "An empty message is a message: its FIN comes with an empty payload."
    if len(got) == len(expected) + 1 and got[:-1] == expected and not frames[-1][0]:
        return UNFINISHED
    if any(payload in joined for payload in control if payload):
        return "Control frames (opcode 8 and up) may come between fragments: leave them out."
    if control and len(got) > len(expected) and joined == _joined(expected):
        return "The ping has FIN too, but that ends no message."
    if any(isinstance(m, bytearray) for m in got):
        return "A binary message becomes `bytes`: `bytes(…)` makes them from a `bytearray`."
    if "\ufffd" in "".join(m for m in got if isinstance(m, str)) or _ignores(got, expected):
        return SPLIT
    if len(got) > len(expected):
        return "A message ends only with FIN: a frame without it is a fragment."
    if len(got) == len(expected) and joined == _joined(expected):
        return (
            "Text or binary? The first fragment says which; the others have opcode 0, "
            "and a control frame between them changes nothing."
        )
    if joined == _joined(expected):
        return "After FIN a new message begins: empty what you have collected."
    if len(got) < len(expected) and control:
        return "A control frame between fragments changes nothing: the message goes on."
    if len(got) < len(expected):
        return (
            "A message is complete when FIN comes, "
            "whether it is text or binary, one frame or many."
        )
    return "After FIN a new message begins: empty what you have collected."


def _ignores(got: list[Any], expected: list[str | bytes]) -> bool:
    """Say whether characters of two bytes are missing: `errors="ignore"` leaves out halves."""
    short = [m.encode("ascii", "ignore").decode() if isinstance(m, str) else m for m in expected]
    return got == short != expected


def _joined(messages: list[Any]) -> bytes:
    return b"".join(m if isinstance(m, bytes | bytearray) else str(m).encode() for m in messages)


def explain_code(got: Any, payload: bytes) -> str:
    """Say what is wrong with a close code.

    Args:
        got: the learner's value.
        payload: the payload of the close frame.

    Returns:
        The next step.
    """
    if not payload:
        return "An empty payload has no code: not 0, and not 1005, which is never sent, but None."
    if got == int.from_bytes(payload[:2], "little"):
        return BIG_ENDIAN.replace("a length", "the code")
    return "The code is the first two bytes, as one number."


def explain_reason(got: Any, reason: bytes) -> str:
    """Say what is wrong with the reason of a close.

    Args:
        got: the learner's value.
        reason: the right one, as bytes.

    Returns:
        The next step.
    """
    if got == str(reason):
        return "That is how Python prints bytes: `.decode()` turns them into a string."
    if isinstance(got, str) and got.encode("latin-1", "replace") == reason:
        return "The reason is UTF-8, where an `é` takes two bytes."
    if got == reason.decode().strip():
        return "Spaces at the ends belong to the reason as well: give it as it came."
    return "The reason is what comes after the two bytes of the code."


def explain_reply(got: Any, payload: bytes) -> str:
    """Say what is wrong with the answer to a close.

    Args:
        got: the learner's value.
        payload: the payload that came.

    Returns:
        The next step.
    """
    if not payload and got is None:
        return 'Your payload is empty, but it is still bytes: `b""`.'
    if not payload:
        return "Without a code there can be no reason either, so your payload is empty."
    if got is None:
        return "Your payload is missing: two bytes with the code, then `bye`."
    if got == b"bye":
        return "Your payload begins with the code as well: two bytes, then the reason."
    if isinstance(got, bytes) and got.startswith(payload) and payload[2:]:
        return "The reason that you send is `bye` alone, not the one that you received."
    if isinstance(got, bytes) and got[:1] == b"\x88":
        return "That is a whole frame: the exercise asks for its payload alone."
    if isinstance(got, bytes) and got[:2] == payload[1::-1]:
        return "The code is big endian in your own payload as well."
    if got == str(int.from_bytes(payload[:2], "big")).encode() + b"bye":
        return 'The code travels as two bytes, not as digits: `code.to_bytes(2, "big")`.'
    return "Two bytes with the code that you received, then `bye`."
