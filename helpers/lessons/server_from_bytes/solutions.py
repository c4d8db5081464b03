"""Solutions of the lesson server_from_bytes."""

from collections.abc import Awaitable, Callable

from helpers.wire.frames import ProtocolError


def header_fault(first: int, second: int) -> str | None:
    """Return the rule that a frame's first two bytes break, or None."""
    fin, opcode, size = first >> 7, first & 0b1111, second & 0b111_1111
    if first & 0b111_0000:
        return "RSV1, RSV2 and RSV3 must be 0"
    if opcode not in (0, 1, 2, 8, 9, 10):
        return f"opcode {opcode} is reserved"
    if not second >> 7:
        return "a client must mask its frames"
    if opcode >= 8 and (not fin or size > 125):
        return "a control frame is never a fragment, and carries at most 125 bytes"
    return None


def reply_code(payload: bytes) -> int | None:
    """Return the code to answer a close frame with, or None for an empty answer."""
    if not payload:
        return None
    code = int.from_bytes(payload[:2])
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        return 1002
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return 1007
    return code


async def read_message(
    next_frame: Callable[[], Awaitable[tuple[bool, int, bytes]]],
    send: Callable[[int, bytes], object],
) -> tuple[int, bytes]:
    """Return the opcode and the bytes of the next message, or of the close frame."""
    kind, parts = 0, []
    while True:
        fin, opcode, payload = await next_frame()
        if opcode == 8:
            return opcode, payload
        if opcode == 9:
            send(10, payload)
        if opcode > 8:
            continue
        if opcode and kind:
            raise ProtocolError("a message began inside another one")
        if not opcode and not kind:
            raise ProtocolError("a continuation came, but no message had begun")
        kind = kind or opcode
        parts.append(payload)
        if fin:
            return kind, b"".join(parts)


def text_fault(data: bytes) -> str | None:
    """Return where bytes stop being UTF-8, or None."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    return None
