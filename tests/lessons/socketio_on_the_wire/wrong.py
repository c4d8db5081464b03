"""Wrong answers to the lesson socketio_on_the_wire, each with the hint that its author needs."""

import json
import re

import websockets

from tests.lessons.wrong import wrong

SOCKET = ["connect", "disconnect", "event", "ack", "connect_error", "binary_event", "binary_ack"]


def parsed(text, digits=r"\d*"):
    kind, rest = SOCKET[int(text[1])], text[2:]
    namespace = "/"
    if rest.startswith("/"):
        namespace, _, rest = rest.partition(",")
    number = re.match(digits, rest)[0]
    rest = rest[len(number) :]
    return kind, namespace, int(number) if number else None, json.loads(rest) if rest else None


@wrong("parse_packet", hint="That is Engine.IO's 4")
def parsed_engine(text):
    return ("message", *parsed(text)[1:])


@wrong("parse_packet", hint="it may have several")
def parsed_one_digit(text):
    return parsed(text.replace("207", "2"), r"\d?")


@wrong("parse_packet", hint="0 is a number too")
def parsed_zero(text):
    kind, namespace, number, data = parsed(text)
    return kind, namespace, number or None, data


@wrong("parse_packet", hint="The number is an `int`")
def parsed_text_number(text):
    kind, namespace, number, data = parsed(text)
    return kind, namespace, number if number is None else str(number), data


@wrong("parse_packet", hint="the namespace is `/`")
def parsed_no_namespace(text):
    kind, namespace, number, data = parsed(text)
    return kind, "" if namespace == "/" else namespace, number, data


@wrong("parse_packet", hint="Return four values")
def parsed_dict(text):
    return dict(zip(("type", "namespace", "number", "data"), parsed(text), strict=True))


@wrong("parse_packet", hint="`json.loads` reads it")
def parsed_raw(text):
    kind, namespace, number, _ = parsed(text)
    return kind, namespace, number, text[2:]


@wrong("build_event", hint="Without one, nobody acknowledges")
def built_without_number(name, values, number=None):
    return "42" + json.dumps([name, *values])


@wrong("build_event", hint="the first one, for many clients")
def built_zero(name, values, number=None):
    return f"42{number or ''}" + json.dumps([name, *values])


@wrong("build_event", hint="nothing stands between 42 and the list")
def built_none(name, values, number=None):
    return f"42{number}" + json.dumps([name, *values])


@wrong("build_event", hint="the name first, then each value for itself")
def built_nested(name, values, number=None):
    return f"42{'' if number is None else number}" + json.dumps([name, values])


@wrong("build_event", hint="`json.dumps` writes it")
def built_by_str(name, values, number=None):
    return f"42{'' if number is None else number}{[name, *values]}"


@wrong("build_event", hint="It begins with 42")
def built_without_engine(name, values, number=None):
    return f"2{'' if number is None else number}" + json.dumps([name, *values])


@wrong("build_event", hint="not behind it")
def built_number_last(name, values, number=None):
    return f"42{json.dumps([name, *values])}{'' if number is None else number}"


def said(text, number="1"):
    return f"42{number}" + json.dumps(["say", {"id": "m1", "text": text}])


async def entered(ws, name):
    await ws.recv()
    await ws.send("40" + json.dumps({"name": name}))
    await ws.recv()


async def acknowledged(ws):
    async for packet in ws:
        if packet == "2":
            await ws.send("3")
        elif packet.startswith("431["):
            return json.loads(packet[3:])
    return None


@wrong("join_chat", hint="a number is missing behind `42`")
async def joined_without_number(address, name, text):
    async with websockets.connect(address) as ws:
        await entered(ws, name)
        await ws.send(said(text, ""))
        return (await acknowledged(ws))[0]


@wrong("join_chat", hint="no `3` came")
async def joined_without_pong(address, name, text):
    async with websockets.connect(address) as ws:
        await entered(ws, name)
        await ws.send(said(text))
        async for packet in ws:
            if packet.startswith("431["):
                return json.loads(packet[3:])[0]


@wrong("join_chat", hint="return its first")
async def joined_list(address, name, text):
    async with websockets.connect(address) as ws:
        await entered(ws, name)
        await ws.send(said(text))
        return await acknowledged(ws)


@wrong("join_chat", hint="first await the server's `40`")
async def joined_early(address, name, text):
    async with websockets.connect(address) as ws:
        await ws.send("40" + json.dumps({"name": name}))
        await ws.send(said(text))
        return (await acknowledged(ws))[0]


@wrong("join_chat", hint="The auth is an object with your name")
async def joined_nameless(address, name, text):
    async with websockets.connect(address) as ws:
        await ws.recv()
        await ws.send("40")
        await ws.recv()
        await ws.send(said(text))
        return (await acknowledged(ws))[0]


@wrong("join_chat", hint="The first packet from you is `40`")
async def joined_plainly(address, name, text):
    async with websockets.connect(address) as ws:
        await ws.recv()
        await ws.send(text)
        return json.loads(await ws.recv())


@wrong("join_chat", hint="That is an event, which came before")
async def joined_first_packet(address, name, text):
    async with websockets.connect(address) as ws:
        await entered(ws, name)
        await ws.recv()
        await ws.send(said(text))
        await ws.recv()
        await ws.send("3")
        return await ws.recv()


@wrong("join_chat", hint="`say` carries one object")
async def joined_bare_text(address, name, text):
    async with websockets.connect(address) as ws:
        await entered(ws, name)
        await ws.send("421" + json.dumps(["say", text]))
        return (await acknowledged(ws))[0]


@wrong("join_chat", hint="close it at the end")
async def joined_for_ever(address, name, text):
    ws = await websockets.connect(address)
    await entered(ws, name)
    await ws.send(said(text))
    return (await acknowledged(ws))[0]
