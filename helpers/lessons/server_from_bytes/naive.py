"""What the lesson's server calls until the learner's own functions pass: they trust everybody."""

from collections.abc import Awaitable, Callable

NextFrame = Callable[[], Awaitable[tuple[bool, int, bytes]]]  # FIN, opcode, payload
Send = Callable[[int, bytes], object]  # opcode, payload


def header_fault(first: int, second: int) -> str | None:
    """Find nothing wrong with any frame."""
    return None


def reply_code(payload: bytes) -> int | None:
    """Answer with the code that came, whatever it is."""
    return int.from_bytes(payload[:2]) or None


async def read_message(next_frame: NextFrame, send: Send) -> tuple[int, bytes]:
    """Take every frame for a whole message, except for pings and pongs."""
    while True:
        _, opcode, payload = await next_frame()
        if opcode == 9:
            send(10, payload)
        elif opcode != 10:
            return opcode, payload


def text_fault(data: bytes) -> str | None:
    """Take any bytes for text."""
    return None
