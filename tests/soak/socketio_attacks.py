"""What can be done to a Socket.IO server by WebSocket: packets that its clients never send."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from tests.soak.attack import Attack, Siege
from tests.soak.chat_attacks import long_name
from tests.soak.http_attacks import SOCKETIO_PATH
from tests.soak.line import Line, binary, text
from tests.soak.websocket_attacks import send_and_listen

RESERVED = [
    '42["connect",{},{"name":"Ghost"}]',
    '42["connect",{}]',
    '42["disconnect","x"]',
    '42["disconnecting","x"]',
    '42["connect_error","x"]',
    '42["*","x"]',
    '42["*"]',
    '42["newListener","x"]',
    '421["connect",{},{"name":"Ghost 2"}]',
]
NONSENSE = [
    "",
    "4",
    "9",
    "abc",
    "42",
    "42[{}]",
    "42[]",
    "42{}",
    "42[7]",
    "42[null]",
    '42["say"]',
    "4abc",
    "42abc[]",
    '42["say",{}',
    "43",
    "43[]",
    "430[]",
    "4399999[1]",
    "44",
    "44x",
    "45",
    '451-["say",{"_placeholder":true,"num":0}]',
    "461-1[]",
    '459999999999-["a"]',
    '450-["a"]',
    "40NaN",
    '40{"name":NaN}',
    "400null",
    "40[1]",
    "40/x,",
    "40/x,{}",
    "41/x,",
    "42/x,[1]",
    '42["say",{"id":NaN}]',
    '42["say",[]]',
    '42["say",1,2]',
    '42["say",{"id":"\\ud800"}]',
    '42["say",{"id":"a","text":7}]',
    '42["__class__",{}]',
    '42["say",' + "[" * 20_000,
    '42["say",{"a":' + '{"a":' * 5_000,
    "4" + "2" * 200 + '["a"]',
    "42" + "9" * 90 + '["a"]',
    "0",
    '0{"sid":"x"}',
    "1x",
    "2",
    "2probe",
    "3",
    "3probe",
    "5",
    "6",
    "7",
    "6x",
    "b",
    "bAAAA",
]
COUNTED_NOWHERE = ["43999[1]", "5", "2probe", "40/x,", "41", "40", '42["*","x"]', "3"]


def auth(siege: Siege, name: str | None = None) -> str:
    """Return the packet with which a client connects: each server knows one field, or a cookie."""
    if siege.server == "vote":
        return "40" + json.dumps({"voter": f"{siege.chance.getrandbits(100):x}".ljust(32, "v")})
    if siege.server == "rooms":
        return "40"
    return "40" + json.dumps({"name": name or siege.name()}, ensure_ascii=False)


async def cookie(siege: Siege) -> str:
    """Return the header with which the attackers are signed in, if the server wants one."""
    if siege.server != "rooms":
        return ""
    async with siege.door.signing_in:
        if not siege.door.cookie:
            account = json.dumps({"name": siege.name(), "password": "tea and cake"}).encode()
            headers = "Content-Type: application/json\r\n"
            _, answer = await siege.door.ask("POST", "/sign-up", account, headers)
            siege.door.cookie = answer.partition(b"Set-Cookie: ")[2].partition(b";")[0].decode()
        return f"Cookie: {siege.door.cookie}\r\n"


@contextlib.asynccontextmanager
async def opened(siege: Siege, deaf: bool = False) -> AsyncIterator[Line]:
    """Open a session by WebSocket."""
    headers = await cookie(siege)
    async with siege.door.websocket(SOCKETIO_PATH, deaf, headers) as line:
        await line.until(b'"sid"')
        await line.until(b"}")
        yield line


@contextlib.asynccontextmanager
async def connected(siege: Siege, deaf: bool = False) -> AsyncIterator[Line]:
    """Open a session by WebSocket, and connect to the namespace."""
    async with opened(siege, deaf) as line:
        await line.send_text(auth(siege))
        await line.until(b"40{")
        yield line


async def packets_of_nonsense(siege: Siege) -> None:
    """Send malformed packets, before and after connecting."""
    async with opened(siege) as line:
        await send_and_listen(line, *siege.chance.sample(NONSENSE, 3), for_s=0.2)
    async with connected(siege) as line:
        await send_and_listen(line, *siege.chance.sample(NONSENSE, 8))


async def events_reserved(siege: Siege) -> None:
    """Emit the events that belong to the library alone."""
    async with connected(siege) as line:
        await send_and_listen(line, *siege.chance.sample(RESERVED, 5))


async def packets_uncounted(siege: Siege) -> None:
    """Send a flood of packets that are no events."""
    async with connected(siege) as line:
        reading = asyncio.create_task(line.listen(2.0))
        await line.pour(text(siege.chance.choice(COUNTED_NOWHERE)) * 300)
        await reading


async def connects_repeated(siege: Siege) -> None:
    """Connect and disconnect on one WebSocket, as fast as the server answers."""
    async with opened(siege) as line:
        for _ in range(20):
            await line.send_text(auth(siege))
            await line.until(b"4")
            await line.send_text(*["41"] * 3)
        await line.listen(0.2)


async def events_flooded(siege: Siege) -> None:
    """Emit more events than the server takes, known and unknown."""
    asked = ['42["history",{"before":0}]', '421["typing",{"on":true}]', '427["no such",{}]']
    async with connected(siege) as line:
        reading = asyncio.create_task(line.listen(3.0))
        await line.pour(b"".join(map(text, asked)) * 200)
        await reading


async def names_of_marks(siege: Siege) -> None:
    """Connect under a name that takes long to normalize."""
    name = long_name(siege.chance.choice([1_000, 10_000, 30_000]))
    async with opened(siege) as line:
        await send_and_listen(line, auth(siege, name), for_s=3.0)
        said = {"id": siege.name(), "text": "a", "to": name, "room": name, "code": name}
        events = [f'421["{e}",{json.dumps(said, ensure_ascii=False)}]' for e in ("say", "open")]
        await send_and_listen(line, auth(siege), *events, for_s=3.0)


async def clients_deaf(siege: Siege) -> None:
    """Connect, and never read; ask for more all the time, without a pong."""
    async with connected(siege, deaf=True) as line:
        while siege.left_s:
            await line.send_text('421["history",{"before":9999999}]', "43[]")
            await asyncio.sleep(0.5)


async def never_connects(siege: Siege) -> None:
    """Open Engine.IO's session, answer its pings, and never connect to a namespace."""
    async with opened(siege) as line:
        while not line.reader.at_eof():
            await line.listen(5.0)
            await line.send_text("3")


async def packets_binary(siege: Siege) -> None:
    """Send binary messages, and attachments that belong to nothing, or never come."""
    async with connected(siege) as line:
        await line.pour(binary(siege.chance.randbytes(1_000)) * 5)
        await line.listen(0.3)
    async with connected(siege) as line:
        wanting = '451-["say",{"_placeholder":true,"num":7}]'
        await line.pour(text(wanting) * 3 + binary(b"a") + text("42[1]"))
        await line.listen(0.3)


async def goodbyes_in_a_row(siege: Siege) -> None:
    """Say goodbye and go on talking."""
    async with connected(siege) as line:
        await send_and_listen(line, "41", "1", '42["typing",{"on":true}]', auth(siege), "1", "2")


async def polls_made(siege: Siege) -> None:
    """Make polls and open them; close what is somebody else's."""
    async with connected(siege) as line:
        options = siege.chance.choice([["A", "B"], ["A", "A\u200b"], ["A"] * 11, ["x" * 81, 7]])
        fields = {"id": siege.name(), "question": "?", "options": options, "owner": "m" * 32}
        await line.send_text(f'421["create",{json.dumps(fields)}]')
        junk = ['422["close",{"code":"AAAA","owner":"' + "m" * 32 + '"}]', '423["cast",{}]']
        await send_and_listen(line, *junk, '424["cast",{"code":"AAAA","option":1e99,"turn":0}]')


ATTACKS = [
    Attack(packets_of_nonsense, 0.3, 4),
    Attack(events_reserved, 0.3, 4),
    Attack(packets_uncounted, 1.5, 2),
    Attack(connects_repeated, 2.0, 1),
    Attack(events_flooded, 3.0, 1),
    Attack(names_of_marks, 5.0, 1),
    Attack(clients_deaf, 1.0, 5),
    Attack(never_connects, 1.0, 20),
    Attack(packets_binary, 1.0, 2),
    Attack(goodbyes_in_a_row, 0.5, 2),
]
VOTE_ATTACKS = [Attack(polls_made, 1.0, 2)]
