"""Cases about frames and messages: what an echo server must send back, and what ends a connection.

Source: RFC 6455 §5, §6, §8.1.
"""

from helpers.judges.cases import Cases
from helpers.judges.player import Player
from helpers.wire.frames import Frame, Opcode

CASES = Cases()
TEXT, BINARY, CONTINUATION = Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION
PROTOCOL_ERROR, NOT_UTF8, TOO_BIG = 1002, 1007, 1009
MASK = b"\x37\xfa\x21\x3d"


def masked(first: int, length: bytes, payload: bytes = b"") -> bytes:
    """Build a masked frame from raw bytes, whatever rule that breaks; the key is zero."""
    return bytes([first, length[0] | 0x80]) + length[1:] + bytes(4) + payload


# §5.1, §5.3: masks


@CASES.add("§5.1", "closes the connection when a client's frame is not masked")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, b"Hello"), masked=False)
    await line.fails(PROTOCOL_ERROR)


@CASES.add("§5.1", "masks none of its own frames")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, b"Hello"))
    await line.echoes("Hello")


@CASES.add("§5.3", "unmasks each frame with that frame's own key")
async def _(player: Player) -> None:
    line = await player.open()
    for key in (bytes(4), b"\xff\x00\xff\x00", b"\x01\x02\x03\x04"):
        await line.send(Frame(TEXT, b"masked anew", mask=key))
        await line.echoes("masked anew")


# §5.2: the header


def _reserved_bit(number: int) -> None:
    @CASES.add("§5.2", f"closes the connection when RSV{number} is 1 and nobody agreed on that")
    async def _(player: Player) -> None:
        line = await player.open()
        bits = {f"rsv{number}": True}
        await line.send(Frame(TEXT, b"Hello", **bits))  # type: ignore[arg-type]
        await line.fails(PROTOCOL_ERROR)


for _number in (1, 2, 3):
    _reserved_bit(_number)


def _reserved_opcode(opcode: int, kind: str) -> None:
    @CASES.add("§5.2", f"closes the connection on opcode {opcode}, a reserved {kind} frame")
    async def _(player: Player) -> None:
        line = await player.open()
        await line.send(masked(0x80 | opcode, b"\x02", b"Hi"))
        await line.fails(PROTOCOL_ERROR)


for _opcode, _kind in ((3, "data"), (7, "data"), (11, "control"), (15, "control")):
    _reserved_opcode(_opcode, _kind)


def _length(size: int, how: str) -> None:
    @CASES.add("§5.2", f"echoes {size:,} bytes, whose length is written {how}")
    async def _(player: Player) -> None:
        line = await player.open()
        await line.send(Frame(TEXT, b"*" * size))
        await line.echoes("*" * size)


for _size, _how in (
    (0, "in 7 bits"),
    (125, "in 7 bits"),
    (126, "in 16 bits"),
    (65_535, "in 16 bits"),
    (65_536, "in 64 bits"),
):
    _length(_size, _how)


@CASES.add("§5.2", "closes the connection when the first bit of a 64-bit length is 1")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(masked(0x82, b"\x7f\x80\x00\x00\x00\x00\x00\x00\x05", b"Hello"))
    await line.fails(PROTOCOL_ERROR, TOO_BIG)


@CASES.add("§5.2", "reads a frame that arrives byte by byte")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, b"slowly"), once=False)
    await line.echoes("slowly")


@CASES.add("§5.2", "reads several frames that arrive at once")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, b"one"), Frame(TEXT, b"two"), Frame(TEXT, b"three"))
    await line.echoes("one", "two", "three")


# §5.4: fragments


@CASES.add("§5.4", "joins the fragments of a message")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, b"Hel", fin=False), Frame(CONTINUATION, b"lo"))
    await line.echoes("Hello")


@CASES.add("§5.4", "joins many fragments, empty ones among them")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, b"", fin=False))
    await line.send(*[Frame(CONTINUATION, b"ab" * (n % 2), fin=False) for n in range(20)])
    await line.send(Frame(CONTINUATION))
    await line.echoes("ab" * 10)


@CASES.add("§5.4", "takes the kind of a message from its first fragment")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(BINARY, b"\x00\xff", fin=False), Frame(CONTINUATION, b"\x80"))
    await line.echoes(b"\x00\xff\x80")


@CASES.add("§5.4", "answers a ping between two fragments, and loses neither")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, b"Hel", fin=False), Frame(Opcode.PING, b"now"))
    await line.pongs(b"now")
    await line.send(Frame(CONTINUATION, b"lo"))
    await line.echoes("Hello")


@CASES.add("§5.4", "closes the connection on a continuation that continues nothing")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(CONTINUATION, b"lo"))
    await line.fails(PROTOCOL_ERROR)


@CASES.add("§5.4", "closes the connection when a message begins inside another")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, b"Hel", fin=False), Frame(TEXT, b"another"))
    await line.fails(PROTOCOL_ERROR)


# §5.5: control frames


def _ping(payload: bytes, what: str) -> None:
    @CASES.add("§5.5.3", f"answers a ping {what} with a pong that holds the same")
    async def _(player: Player) -> None:
        line = await player.open()
        await line.send(Frame(Opcode.PING, payload))
        await line.pongs(payload)


_ping(b"are you there?", "with text in it")
_ping(b"", "without a payload")
_ping(bytes(range(125)), "of 125 bytes")


@CASES.add("§5.5.3", "ignores a pong that it did not ask for")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(Opcode.PONG, b"unasked"), Frame(TEXT, b"Hello"))
    await line.echoes("Hello")


def _too_long(opcode: Opcode, name: str) -> None:
    @CASES.add("§5.5", f"closes the connection on a {name} frame of more than 125 bytes")
    async def _(player: Player) -> None:
        line = await player.open()
        payload = b"\x03\xe8" + bytes(124)
        await line.send(masked(0x80 | opcode, b"\x7e\x00\x7e", payload))
        await line.fails(PROTOCOL_ERROR)


_too_long(Opcode.PING, "ping")
_too_long(Opcode.CLOSE, "close")


@CASES.add("§5.5", "closes the connection on a control frame in fragments")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(masked(Opcode.PING, b"\x03", b"are"))
    await line.fails(PROTOCOL_ERROR)


# §5.6, §8.1: text and bytes


@CASES.add("§5.6", "echoes text in UTF-8 as it was")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, "κόσμε · 世界 · 🌍".encode()))
    await line.echoes("κόσμε · 世界 · 🌍")


@CASES.add("§5.6", "lets a fragment end in the middle of a character")
async def _(player: Player) -> None:
    line = await player.open()
    globe = "🌍".encode()
    await line.send(Frame(TEXT, globe[:2], fin=False), Frame(CONTINUATION, globe[2:]))
    await line.echoes("🌍")


@CASES.add("§5.6", "sends binary data back as binary, even if it looks like text")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(BINARY, b"Hello"), Frame(BINARY, b"\xff\xfe\x00"))
    await line.echoes(b"Hello", b"\xff\xfe\x00")


def _not_utf8(payload: bytes, what: str) -> None:
    @CASES.add("§8.1", f"closes the connection on text that is not UTF-8: {what}")
    async def _(player: Player) -> None:
        line = await player.open()
        await line.send(Frame(TEXT, payload))
        await line.fails(NOT_UTF8)


_not_utf8(b"\xff\xfe", "bytes that no text has")
_not_utf8(b"\xed\xa0\x80", "half a surrogate pair")
_not_utf8("🌍".encode()[:2], "half a character at the end")


@CASES.add("§8.1", "closes the connection on a character that two fragments spoil")
async def _(player: Player) -> None:
    line = await player.open()
    await line.send(Frame(TEXT, b"\xce", fin=False), Frame(CONTINUATION, b"\xffmore"))
    await line.fails(NOT_UTF8)


@CASES.add("§7.1.7", "lets no other client notice the fault of one")
async def _(player: Player) -> None:
    bystander, culprit = await player.open(), await player.open()
    await culprit.send(Frame(TEXT, b"\xff\xfe"), masked(0x83, b"\x02", b"Hi"))
    await bystander.send(Frame(TEXT, b"undisturbed"))
    await bystander.echoes("undisturbed")
    late = await player.open()
    await late.send(Frame(TEXT, b"later"))
    await late.echoes("later")
