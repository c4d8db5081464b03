"""Cases about the closing handshake: a close frame is answered, and then the connection ends.

Source: RFC 6455 §5.5.1, §7.
"""

from helpers.judges.cases import Cases
from helpers.judges.player import Player
from helpers.judges.verdict import Broken
from helpers.wire.frames import Frame, Opcode

CASES = Cases()
CLOSE = Opcode.CLOSE
PROTOCOL_ERROR, NOT_UTF8 = 1002, 1007


def close(code: int, reason: bytes = b"") -> Frame:
    """Build a close frame, whatever its code."""
    return Frame(CLOSE, code.to_bytes(2) + reason)


def _answered(frame: Frame, what: str) -> None:
    @CASES.add("§5.5.1", f"answers a close frame {what} with a close frame, then ends")
    async def _(player: Player) -> None:
        line = await player.open()
        await line.send(frame)
        await line.closes()


_answered(close(1000), "with 1000")
_answered(close(1000, b"goodbye"), "with a reason")
_answered(Frame(CLOSE), "without a code")
_answered(close(3000), "with 3000, a code of an application")


@CASES.add("§7.4.1", "sends no code in a close frame that may not travel")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(CLOSE))
    answer = await line.closes()
    code = int.from_bytes(answer.payload[:2])
    if answer.payload and code in (1004, 1005, 1006, 1015):
        raise Broken("a code that may travel, or none", f"a close frame with {code}")


@CASES.add("§5.5.1", "sends nothing after its close frame")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(close(1000), Frame(Opcode.TEXT, b"too late"), Frame(Opcode.PING, b"too late"))
    await line.closes()


@CASES.add("§5.5.1", "answers a close frame between two fragments")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(Opcode.TEXT, b"Hel", fin=False), close(1001))
    await line.closes()


@CASES.add("§5.5.1", "closes the connection on a close frame of one byte")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(CLOSE, b"\x03"))
    await line.fails(PROTOCOL_ERROR)


def _may_not_travel(code: int, what: str) -> None:
    @CASES.add("§7.4", f"treats {code} as a fault: {what}")
    async def _(player: Player) -> None:
        line = await player.open()
        await line.send(close(code))
        await line.fails(PROTOCOL_ERROR)


_may_not_travel(999, "codes begin with 1000")
_may_not_travel(1005, "it means that there was no code")
_may_not_travel(1006, "it means that there was no close frame")
_may_not_travel(1015, "it means that TLS failed")


@CASES.add("§5.5.1", "treats a reason that is not UTF-8 as a fault")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(close(1000, b"\xff\xfe"))
    await line.fails(PROTOCOL_ERROR, NOT_UTF8)
