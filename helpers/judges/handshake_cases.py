"""Cases about the opening handshake: what opens a WebSocket, and what must not.

Source: RFC 6455 §4.2.
"""

import base64

from helpers.judges.cases import Cases
from helpers.judges.player import KEY, Player
from helpers.judges.verdict import Broken
from helpers.wire.handshake import accept_key
from helpers.wire.heads import Request

CASES = Cases()
OTHER_KEY = base64.b64encode(bytes(range(16))).decode()


async def _accepts(player: Player, key: str) -> None:
    answer = await player.ask(player.request(sec_websocket_key=key), f"a handshake, key {key}")
    expected = accept_key(key)
    got = answer.header("Sec-WebSocket-Accept")
    if answer.status != 101 or got != expected:
        raise Broken(f"101 and the accept key {expected}", f"{answer.status} and {got}")


@CASES.add("§4.2.2", "answers 101 with the accept key for the client's key")
async def _(player: Player) -> None:
    await _accepts(player, KEY)


@CASES.add("§4.2.2", "answers another key with another accept key")
async def _(player: Player) -> None:
    await _accepts(player, OTHER_KEY)


@CASES.add("§4.2.2", "says `Upgrade: websocket` and `Connection: Upgrade`")
async def _(player: Player) -> None:
    answer = await player.ask(player.request(), "a handshake")
    upgrade = (answer.header("Upgrade") or "").lower()
    tokens = [token.strip().lower() for token in (answer.header("Connection") or "").split(",")]
    if upgrade != "websocket" or "upgrade" not in tokens:
        got = f"Upgrade: {answer.header('Upgrade')}, Connection: {answer.header('Connection')}"
        raise Broken("Upgrade: websocket, Connection: Upgrade", got)


@CASES.add("§4.2.1", "reads `Upgrade` and `Connection` whatever their case, in a list as well")
async def _(player: Player) -> None:
    request = player.request(upgrade="WebSocket", connection="keep-alive, upgrade")
    answer = await player.ask(request, "Upgrade: WebSocket, Connection: keep-alive, upgrade")
    if answer.status != 101:
        raise Broken("101", str(answer.status))


@CASES.add("§4.2.1", "reads the names of headers whatever their case")
async def _(player: Player) -> None:
    correct = player.request()
    fields = tuple((name.upper(), value) for name, value in correct.headers)
    answer = await player.ask(
        Request("GET", correct.target, fields), "a handshake with its headers in capitals"
    )
    if answer.status != 101:
        raise Broken("101", str(answer.status))


def _refusal_without(header: str) -> None:
    @CASES.add("§4.2.1", f"refuses a handshake without `{header}`")
    async def _(player: Player) -> None:
        await player.is_refused(player.request(without=header), f"a handshake without {header}")


for _header in ("Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"):
    _refusal_without(_header)


@CASES.add("§4.2.1", "refuses a handshake whose method is not GET")
async def _(player: Player) -> None:
    correct = player.request()
    request = Request("POST", correct.target, (*correct.headers, ("Content-Length", "0")))
    await player.is_refused(request, "a handshake with POST")


@CASES.add("§4.2.1", "refuses a handshake in HTTP/1.0")
async def _(player: Player) -> None:
    correct = player.request()
    request = Request("GET", correct.target, correct.headers, "HTTP/1.0")
    await player.is_refused(request, "a handshake in HTTP/1.0")


@CASES.add("§4.2.1", "refuses an `Upgrade` to anything but `websocket`")
async def _(player: Player) -> None:
    await player.is_refused(player.request(upgrade="h2c"), "Upgrade: h2c")


@CASES.add("§4.2.1", "refuses a key that is not 16 bytes in base64")
async def _(player: Player) -> None:
    for key in ("dG9vIHNob3J0", "not base64, at all!", "A" * 22):
        request = player.request(sec_websocket_key=key)
        await player.is_refused(request, f"Sec-WebSocket-Key: {key}")


@CASES.add("§4.2.2", "refuses another version, and says that it speaks 13")
async def _(player: Player) -> None:
    request = player.request(sec_websocket_version="8")
    answer = await player.is_refused(request, "Sec-WebSocket-Version: 8")
    versions = (answer.header("Sec-WebSocket-Version") or "") if answer else ""
    if "13" not in [version.strip() for version in versions.split(",")]:
        raise Broken("a refusal with Sec-WebSocket-Version: 13", f"one with {versions or 'none'}")


@CASES.add("§4.2.2", "names no subprotocol that the client did not offer")
async def _(player: Player) -> None:
    offered = "judge.unknown.v1, judge.unknown.v2"
    answer = await player.ask(
        player.request(sec_websocket_protocol=offered), f"Sec-WebSocket-Protocol: {offered}"
    )
    chosen = answer.header("Sec-WebSocket-Protocol")
    if chosen is not None and chosen not in offered.split(", "):
        raise Broken("none, or one of those offered", f"Sec-WebSocket-Protocol: {chosen}")


@CASES.add("§4.2.2", "agrees to no extension that it does not know")
async def _(player: Player) -> None:
    answer = await player.ask(
        player.request(sec_websocket_extensions="x-judge-unknown"),
        "Sec-WebSocket-Extensions: x-judge-unknown",
    )
    agreed = answer.header("Sec-WebSocket-Extensions")
    if agreed:
        raise Broken("no extension", f"Sec-WebSocket-Extensions: {agreed}")
