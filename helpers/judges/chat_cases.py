"""Cases about a chat among strangers: what some do on purpose, or by accident, harms nobody else.

A chat that can be attacked speaks JSON over WebSocket: `join` with a `name` is answered with
`welcome`, `say` with a `text` reaches everybody as `message` with `from` and `text`, and whoever
leaves is announced by `left`. More than that is not asked of it.
"""

import asyncio
import contextlib
import json
from urllib.parse import quote

from helpers.judges.browser import NoBrowser, read_page
from helpers.judges.cases import Cases
from helpers.judges.guest import Guest, Lobby, fresh, is_undisturbed, until_silent
from helpers.judges.player import Player
from helpers.judges.verdict import Broken, Untried

CASES = Cases()
NONSENSE: list[str | bytes] = [
    "good morning",
    "",
    "7",
    "null",
    "[]",
    "[" * 50_000,
    '{"type": "dance"}',
    '{"type": ["say"], "text": "x"}',
    '{"type": "say"}',
    '{"type": "say", "text": 7}',
    '{"type": "say", "text": {"a": 1}}',
    '{"type": "say", "text": "\\ud800"}',
    '{"text": "no type"}',
    b"\x00\xff\xfe",
]
BAD_NAMES: list[object] = [["Alice"], {"a": 1}, 7, None, True, "", "   ", "x" * 5_000]
FLOOD = 1_000  # messages of a flood
QUICK = 6  # messages that somebody may well send in one breath
LEFT_S = 12.0  # a chat may keep a place for a while, for whoever comes back
SHOWN_S = 6.0  # until a page shows what was said
LONG_TEXT = "🌍" * 3_500  # few characters and many bytes, for chats with a limit
SPEAKERS, DEAF_MESSAGES = 4, 40  # together more than the buffers between two sockets hold
LISTEN_S = 0.005  # that a speaker listens between two messages
DEAF_BYTES = 4_096  # of the buffer of somebody who does not read
LARGEST_WELCOME = 2**20  # the largest message that a client of the websockets library takes
INJECTION = '<img src="?" onerror="document.title = \'injected\'">'


async def pair(player: Player) -> tuple[Lobby, Guest, Guest]:
    """Let Alice and Bob in, who only want to talk."""
    lobby = Lobby(player)
    return lobby, await lobby.enter("Alice"), await lobby.enter("Bob")


@CASES.add("nonsense", "nonsense before joining disturbs nobody")
async def _(player: Player) -> None:
    lobby, alice, bob = await pair(player)
    for message in NONSENSE:
        mallory = await lobby.open()
        await mallory.raw(message)
    await is_undisturbed(alice, bob)


@CASES.add("nonsense", "nonsense is answered with an error, and its sender stays")
async def _(player: Player) -> None:
    lobby, alice, bob = await pair(player)
    mallory = await lobby.enter("Mallory")
    for message in NONSENSE:
        await mallory.raw(message)
        await mallory.hear("error")
    await is_undisturbed(alice, bob)


@CASES.add("names", "a name that is no name is refused, and its sender disturbs nobody")
async def _(player: Player) -> None:
    lobby, alice, bob = await pair(player)
    for name in BAD_NAMES:
        mallory = await lobby.open()
        if await mallory.is_let_in(name):
            raise Broken("a refusal", f"a welcome for {json.dumps(name)[:40]}")
    await is_undisturbed(alice, bob)


@CASES.add("names", "a second Alice is refused, and the first one still hears")
async def _(player: Player) -> None:
    lobby, alice, bob = await pair(player)
    for name in (alice.name, f" {alice.name} ", alice.name.upper()):
        second = await lobby.open()
        if await second.is_let_in(name):
            raise Broken("a refusal", f"a second {name!r}, who can speak for the first")
        second.line.writer.transport.abort()
    await is_undisturbed(bob, alice)


@CASES.add("floods", "a flood delays nobody, and little of it arrives")
async def _(player: Player) -> None:
    lobby, alice, bob = await pair(player)
    mallory = await lobby.enter("Mallory")
    flood = [json.dumps({"type": "say", "id": f"f{n}", "text": "flood"}) for n in range(FLOOD)]
    flooding = asyncio.create_task(pour(mallory, flood))
    await is_undisturbed(alice, bob)
    await flooding
    await until_silent(bob)
    arrived = sum(message.get("text") == "flood" for message in bob.heard)
    if arrived > FLOOD // 2:
        raise Broken(f"a limit far below {FLOOD:,} messages", f"{arrived:,} messages")


async def pour(guest: Guest, messages: list[str]) -> None:
    """Send many messages without waiting for anything but the network."""
    for message in messages:
        await guest.raw(message)


@CASES.add("floods", "whoever reads is not thrown out by a few quick messages")
async def _(player: Player) -> None:
    _, alice, bob = await pair(player)
    texts = [fresh("quick") for _ in range(QUICK)]
    for text in texts:
        await alice.say(text)
    for text in texts:
        await bob.hear("message", text=text)
    await is_undisturbed(alice, bob)


@CASES.add("floods", "long messages lock nobody out")
async def _(player: Player) -> None:
    lobby, alice, bob = await pair(player)
    mallory = await lobby.enter("Mallory")
    with contextlib.suppress(Broken):
        for _ in range(3):
            await mallory.say("y" * 1_000_000)
    await is_undisturbed(alice, bob)
    carol = await lobby.enter("Carol")
    if carol.largest > LARGEST_WELCOME:
        raise Broken("a welcome of at most 1 MiB", f"one of {carol.largest:,} bytes")
    await is_undisturbed(bob, carol)


@CASES.add("slowness", "somebody who does not read delays nobody")
async def _(player: Player) -> None:
    lobby, alice, bob = await pair(player)
    deaf = Guest(await player.open(receive_bytes=DEAF_BYTES), fresh("Deaf"))
    await deaf.join()
    deaf.line.writer.transport.pause_reading()  # type: ignore[attr-defined]
    speakers = [await lobby.enter("Speaker") for _ in range(SPEAKERS)]
    await asyncio.gather(*(speak(each) for each in speakers))
    for _ in range(2):  # whoever joined before the slow one may hear once more
        await is_undisturbed(alice, bob)


async def speak(guest: Guest) -> None:
    """Say a lot, and listen meanwhile, whatever the answers are."""
    for _ in range(DEAF_MESSAGES):
        await guest.say(LONG_TEXT)
        await until_silent(guest, LISTEN_S)


@CASES.add("leaving", "whoever vanishes without a word has left for the others")
async def _(player: Player) -> None:
    lobby, alice, bob = await pair(player)
    gone = await lobby.enter("Gone")
    gone.line.writer.transport.abort()
    usual, player.answer_s = player.answer_s, LEFT_S
    await alice.hear("left", name=gone.name)
    player.answer_s = usual
    await is_undisturbed(alice, bob)


@CASES.add("pages", "a page of another site may not connect")
async def _(player: Player) -> None:
    await player.is_refused(player.request(origin="http://evil.example"), "a foreign Origin")


@CASES.add("pages", "markup in a message stays text in a real browser")
async def _(player: Player) -> None:
    page_url = player.page_url
    if not page_url:
        raise Untried("no page was named")
    lobby = Lobby(player)
    mallory = await lobby.enter("Mallory")
    await mallory.say(INJECTION)
    try:
        address = page_url.format(name=quote(fresh("Eve")))
        html = await read_page(address, "onerror=", SHOWN_S)
    except NoBrowser as error:
        raise Untried(str(error)) from None
    if "onerror=" not in html:
        raise Untried("the page did not show what was said before")
    if "<img src=" in html:
        raise Broken("text", "an element: <img src=…>, and its script ran")


async def remember(player: Player) -> str:
    """Say something that a crash must not lose; return it once it is acknowledged."""
    alice = await Lobby(player).enter("Alice")
    text = fresh("Remember this")
    await alice.tell("say", id=text, text=text)
    await alice.hear("ack", id=text)
    return text


async def recall(player: Player, text: str) -> None:
    """Check that what was said before a crash is in the welcome after it."""
    guest = await Lobby(player).open("Bob")
    welcome = await guest.join()
    if text not in json.dumps(welcome.get("messages", [])):
        raise Broken("what was acknowledged before the crash", "a history without it")
