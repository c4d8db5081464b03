"""Mistakes in reading and writing frames, and what to say about them."""

from __future__ import annotations

from typing import Any

from helpers.wire.frames import apply_mask

KEY = bytes.fromhex("37fa213d")  # the key of the RFC's example (§5.7)
OTHER_KEY = bytes.fromhex("00a9f081")  # no answer can know it
BIG_ENDIAN = "The first byte of a length is the most significant: read and write it big endian."
NOT_XOR = "The XOR of two bytes is a byte, from 0 to 255: in Python it is `^`."
ZEROS = "`bytes(5)` is five zeros: `bytes([5])` is the one byte 5."
KEY_COUNTED = "The key does not count: the length is that of the payload alone."
UTF_8 = "The text of a WebSocket is UTF-8: `text.encode()`, with nothing in the parentheses."
ONE_BYTE = "`bytes([n])` is one byte, which can be added to bytes: a number cannot."
OTHER_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig")
FIRST_BYTES = {
    0x01: "FIN is missing: the message ends with this frame, so the first bit is 1.",
    0x80: "The opcode is missing: 1 is text.",
    0x82: "Opcode 2 is binary: text is opcode 1.",
}


def explain_bit(got: Any, byte: int, place: str) -> str:
    """Say what is wrong with FIN or MASK.

    Args:
        got: the learner's value.
        byte: the byte that holds the bit.
        place: which byte: `first` or `second`.

    Returns:
        The next step.
    """
    if got == byte & 0x80:
        return "`&` keeps the bit where it is: `bool(…)` turns it into True or False."
    return f"It is the first bit of the {place} byte, the one that is worth 128."


def explain_length(got: Any, frame: bytes) -> str:
    """Say what is wrong with a length.

    Args:
        got: the learner's value.
        frame: the frame, and perhaps others after it.

    Returns:
        The next step.
    """
    short = frame[1] & 0x7F
    size = {126: 2, 127: 8}.get(short, 0)
    announced = int.from_bytes(frame[2 : 2 + size], "big") if size else short
    if got == frame[1] and got > 0x7F:
        return "That includes MASK: the length is only the last seven bits of the second byte."
    if got == short and size:
        return f"{short} is not a length: it says that the length is in the next {size} bytes."
    if size and got == int.from_bytes(frame[2 : 2 + size], "little"):
        return BIG_ENDIAN
    if short == 127 and got == int.from_bytes(frame[2:4], "big"):
        return "127 announces eight bytes of length, not two."
    if short == 126 and got == int.from_bytes(frame[2:10], "big"):
        if frame[2:4] == b"\0\x7f":
            return "A length of 127 is not the 127 that announces eight bytes: use `elif`."
        return "126 announces two bytes of length, not eight."
    if size and got == int.from_bytes(frame[1 : 1 + size], "big"):
        return "The long length begins after the second byte: at `frame[2]`."
    if frame[1] & 0x80 and got in (announced - 4, announced + 4):
        return KEY_COUNTED
    if got in [len(frame) - size - header for header in (0, 2, 6)] or got == len(frame):
        return "Do not count what has arrived: the header says how long the payload is."
    if size:
        return f"{short} says: `frame[2:{2 + size}]` is the length, as one number, big endian."
    return "Up to 125 the seven bits are the length; 126 announces two bytes, 127 eight."


def explain_list(got: Any) -> str:
    """Tell a list of numbers from bytes.

    Args:
        got: the learner's result.

    Returns:
        The next step.
    """
    if isinstance(got, bytearray):
        return "A `bytearray` can be changed, `bytes` cannot: `bytes(…)` makes one of the other."
    return "Those are numbers: `bytes(…)` turns them into bytes." if isinstance(got, list) else ""


def explain_payload(got: bytes, frame: bytes, payload: bytes, key: bytes) -> str:
    """Say what is wrong with an unmasked payload.

    Args:
        got: the learner's bytes.
        frame: the frame.
        payload: the right bytes.
        key: the key of the frame.

    Returns:
        The next step.
    """
    masked = frame[len(frame) - len(payload) :]
    if not payload:
        return _explain_empty(got, frame, key)
    if got == masked:
        return "The payload is still masked: `byte ^ key_byte` unmasks one byte."
    if got and got == payload.rstrip(b"\0"):
        return "Zeros are bytes as well, also at the end: the payload keeps them."
    if got and payload.startswith(got):
        return "`zip` ends with the shorter one, and the key has four bytes: `key[i % 4]`."
    if got == bytes(byte ^ key[0] for byte in masked):
        return "You use only the first byte of the key: the next byte goes with the next one."
    if len(got) > len(frame) and not any(got):
        return ZEROS
    pairs = [(byte, key[i % 4]) for i, byte in enumerate(masked)]
    if got in (bytes(a | b for a, b in pairs), bytes(a & b for a, b in pairs)):
        return NOT_XOR
    if got in [apply_mask(masked, key[n:] + key[:n]) for n in (1, 2, 3)]:
        return (
            "Count from the start of the payload, not of the frame: "
            "its first byte goes with key[0]."
        )
    if got in [apply_mask(masked, (key[n:] + key[:n])[::-1]) for n in range(4)]:
        return "Go through the key from its front: the payload's byte `i` goes with `key[i % 4]`."
    if got.endswith(payload) or got == apply_mask(frame[2:], key):
        return "That is more than the payload: the key and the length are not part of it."
    if frame[1] & 0x7F > 125:
        return "The length is longer here, so the key comes later: after 4 bytes, or after 10."
    return "The key is the four bytes after the length; the payload is what follows the key."


def _explain_empty(got: bytes, frame: bytes, key: bytes) -> str:
    if got == apply_mask(frame, key):
        return "The payload is empty, and `frame[-0:]` is the whole frame: count from the front."
    if len(got) > 1 and (got in frame or got == apply_mask(frame[2:], key)):
        return "That is more than the payload: the key and the length are not part of it."
    return 'This payload is empty: no byte follows the key, so return `b""`.'


def explain_frame(got: bytes, expected: bytes, text: str, key: bytes) -> str:
    """Say what is wrong with the frame of a text.

    Args:
        got: the learner's bytes.
        expected: the right ones.
        text: the text.
        key: the key that was given.

    Returns:
        The next step.
    """
    if bytes(0x80) in got and bytes(0x80) not in expected:
        return ZEROS
    if len(got) < 2:
        return "A frame begins with two bytes, whatever comes after them."
    if text and any(got.endswith(apply_mask(text.encode(e), key)) for e in OTHER_ENCODINGS):
        return UTF_8
    if got[0] != expected[0]:
        return FIRST_BYTES.get(got[0], "The first byte is 0x81: FIN, and opcode 1.")
    if not got[1] & 0x80:
        also = ", also before a long length" if expected[1] & 0x7F > 125 else ""
        return f"A client says that it masks: MASK is the first bit of the second byte{also}."
    start = {126: 4, 127: 10}.get(expected[1] & 0x7F, 2)
    if got[1] == expected[1] and got[2:6] == key and start > 2 and len(got) == len(expected):
        return "The bytes of the length come after the second byte, and only then the key."
    if got[:start] != expected[:start]:
        return _explain_size(got, expected[:start], text)
    rest = got[start:]
    if rest[:4] != key and apply_mask(rest[4:], rest[:4]) == text.encode():
        return "That is a key of your own: mask with the one that you are given."
    if rest[:4] != key:
        return "The key goes between the length and the payload: how else could the server unmask?"
    if rest[4:] == text.encode():
        return "The payload is not masked yet: XOR each byte with its byte of the key."
    return "The header is right. Mask the payload: byte `i` with `key[i % 4]`."


def _explain_size(got: bytes, header: bytes, text: str) -> str:
    size, short, more = len(text.encode()), header[1] & 0x7F, len(header) - 2
    if len(text) != size and len(text) in (got[1] & 0x7F, int.from_bytes(got[2:4], "big")):
        return (
            "The length counts bytes, not characters: in UTF-8 an `é` takes two. "
            "Begin with `text.encode()`."
        )
    if got[1] & 0x7F == size + 4:
        return KEY_COUNTED
    if got[1] == header[1] and got[2 : 2 + more] == size.to_bytes(more, "little"):
        return BIG_ENDIAN
    if short <= 125:
        return "Up to 125 bytes, the second byte holds the length itself, plus MASK."
    return f"For {size:,} bytes the seven bits say {short}, then comes the length in {more} bytes."
