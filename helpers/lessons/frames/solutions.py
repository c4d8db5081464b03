"""One answer to each exercise of the lesson frames."""

from __future__ import annotations


def parse_header(frame: bytes) -> tuple[bool, int, bool, int]:
    """Return fin, opcode, masked and length of a frame."""
    first, second = frame[:2]
    length = second & 0b111_1111
    if length == 126:
        length = int.from_bytes(frame[2:4], "big")
    elif length == 127:
        length = int.from_bytes(frame[2:10], "big")
    return bool(first >> 7), first & 0b1111, bool(second >> 7), length


def unmask(frame: bytes) -> bytes:
    """Return the payload of a masked frame, unmasked."""
    start = {126: 4, 127: 10}.get(frame[1] & 0b111_1111, 2)
    key, payload = frame[start : start + 4], frame[start + 4 :]
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def encode_text(text: str, key: bytes) -> bytes:
    """Return the frame that a client sends for a text."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        header = bytes([0x81, 0x80 | size])
    elif size < 65_536:
        header = bytes([0x81, 0x80 | 126]) + size.to_bytes(2, "big")
    else:
        header = bytes([0x81, 0x80 | 127]) + size.to_bytes(8, "big")
    return header + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def reassemble(frames: list[tuple[bool, int, bytes]]) -> list[str | bytes]:
    """Return the messages that frames carry."""
    messages: list[str | bytes] = []
    parts: list[bytes] = []
    kind = 0
    for fin, opcode, payload in frames:
        if opcode >= 8:
            continue
        if opcode != 0:
            kind = opcode
        parts.append(payload)
        if fin:
            whole = b"".join(parts)
            messages.append(whole.decode() if kind == 1 else whole)
            parts = []
    return messages


def answer_close(payload: bytes) -> tuple[int | None, str, bytes]:
    """Return code, reason and the payload of the answer."""
    if not payload:
        return None, "", b""
    code = int.from_bytes(payload[:2], "big")
    return code, payload[2:].decode(), payload[:2] + b"bye"
