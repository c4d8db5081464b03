"""What can be done to `chat`, `document` and `files`, whose messages are JSON objects."""

import asyncio
import json

from tests.soak.attack import Attack, Siege
from tests.soak.line import Line, text
from tests.soak.websocket_attacks import send_and_listen

MARKS = "\u0315\u0300"  # two combining marks in the order that NFC must change
FLOOD = 600  # messages in one write

NONSENSE = [
    "",
    "null",
    "[]",
    "{}",
    "7",
    "{",
    '"join"',
    "NaN",
    "[" * 50_000,
    '{"a":' * 20_000,
    '{"type":null}',
    '{"type":["join"]}',
    '{"type":"__class__"}',
    '{"type":"join"}',
    '{"type":"join","name":7}',
    '{"type":"join","name":"\\ud800"}',
    '{"type":"join","name":"a\\u0000b"}',
    '{"type":"join","name":"Bob","token":{}}',
    '{"type":"say","id":"a","text":"before anybody has joined"}',
    '{"type":"say","id":1e400,"text":"a"}',
    '{"type":"say","id":"a","text":NaN}',
    '{"type":"catch_up","after":' + "9" * 5_000 + "}",
    '{"type":"history","before":-1e308}',
    '{"type":"caret","anchor":{"a":NaN},"head":{}}',
]


def long_name(length: int) -> str:
    """Return a name of combining marks, which is dear to normalize."""
    return "a" + MARKS * (length // 2)


def first_message(siege: Siege, name: str) -> str:
    """Return what joins."""
    kind = "login" if siege.server == "document" else "join"
    return json.dumps({"type": kind, "name": name}, ensure_ascii=False)


async def joined(siege: Siege, line: Line) -> None:
    """Join under a name of one's own."""
    await line.send_text(first_message(siege, siege.name()))
    await line.until(b'"welcome"')


async def json_nonsense(siege: Siege) -> None:
    """Send messages that are not as the protocol says, before and after joining."""
    async with siege.door.websocket("/ws") as line:
        await send_and_listen(line, *siege.chance.sample(NONSENSE, 8))
        await joined(siege, line)
        await send_and_listen(line, *siege.chance.sample(NONSENSE, 8))


async def nonsense_without_end(siege: Siege) -> None:
    """Send nonsense until the server's patience ends."""
    async with siege.door.websocket("/ws") as line:
        reading = asyncio.create_task(line.listen(3.0))
        await line.pour(b"".join([b"\x81\x80\1\2\3\4"] * FLOOD))
        await reading


async def names_of_marks(siege: Siege) -> None:
    """Join under a name that takes long to normalize, and write to one."""
    name = long_name(siege.chance.choice([1_000, 10_000, 64_000]))
    async with siege.door.websocket("/ws") as line:
        await send_and_listen(line, first_message(siege, name), for_s=5.0)
        await joined(siege, line)
        said = {"type": "say", "id": siege.name(), "text": "a", "to": name}
        await send_and_listen(line, json.dumps(said, ensure_ascii=False), for_s=5.0)


async def joins_repeated(siege: Siege) -> None:
    """Join and leave, as fast as the server answers."""
    for _ in range(10):
        async with siege.door.websocket("/ws") as line:
            await joined(siege, line)
            if siege.chance.random() < 0.5:
                await send_and_listen(line, first_message(siege, siege.name()), for_s=0.05)
            await line.pour(b"\x88\x82\0\0\0\0\x03\xe8")


async def messages_flooded(siege: Siege) -> None:
    """Say far more than the server takes, and read the refusals."""
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        reading = asyncio.create_task(line.listen(3.0))
        typing = '{"type":"typing","on":true}'
        said = [json.dumps({"type": "history", "before": n}) for n in range(FLOOD // 2)]
        await line.pour(b"".join(map(text, [*said, *[typing] * (FLOOD // 2)])))
        await reading


async def members_deaf(siege: Siege) -> None:
    """Join, and never read what the others say; ask for more all the time."""
    async with siege.door.websocket("/ws", deaf=True) as line:
        await line.send_text(first_message(siege, siege.name()))
        while siege.left_s:
            await line.send_text('{"type":"history","before":0}')
            await asyncio.sleep(0.5)


async def tokens_invented(siege: Siege) -> None:
    """Come back as somebody else, with a token that nobody has."""
    async with siege.door.websocket("/ws") as line:
        asked = json.loads(first_message(siege, "honest 1")) | {"token": siege.name(), "after": 0}
        await send_and_listen(line, json.dumps(asked))


async def tokens_contested(siege: Siege) -> None:
    """Join twice at once with one token."""
    async with siege.door.websocket("/ws") as line:
        name = siege.name()
        await line.send_text(first_message(siege, name))
        welcome = await line.until(b"}")
        token = welcome.partition(b'"token":"')[2].partition(b'"')[0].decode()
        again = json.dumps(json.loads(first_message(siege, name)) | {"token": token})
        async with siege.door.websocket("/ws") as two, siege.door.websocket("/ws") as three:
            await asyncio.gather(two.send_text(again), three.send_text(again))
            await asyncio.gather(two.listen(0.5), three.listen(0.5))


ATTACKS = [
    Attack(json_nonsense, 0.3, 4),
    Attack(nonsense_without_end, 3.0, 1),
    Attack(names_of_marks, 5.0, 1),
    Attack(joins_repeated, 2.0, 2),
    Attack(messages_flooded, 3.0, 1),
    Attack(members_deaf, 1.0, 5),
    Attack(tokens_invented, 0.5, 2),
    Attack(tokens_contested, 1.0, 2),
]
