"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import expect

from tests.browser.actions import chat_say, status_is
from tests.browser.by_hand import Learner, Try

CHAT, CLIENT = "5bdfcfac", "348c3cdd"
TWICE = """\
async def twice(ws):
    async for message in ws:
        await ws.send(message)
        await ws.send(message)


pair = await start(twice)
async with websockets.connect(pair.url) as ws:
    await ws.send("Hello")
    print(await ws.recv(), await ws.recv())
"""


def stop_the_chat(learner: Learner) -> None:
    """Stop the server under the pages, say something, start it again."""
    alice, bob = learner.pages(CHAT)
    new = learner.add_below("Try it.")
    learner.write(new, "chat.stop()")
    learner.run(new)
    learner.cell(CHAT)
    for page in (alice, bob):
        status_is(page, "reconnecting")
    chat_say(alice, "are you there?")
    learner.write(new, "chat.restart()")
    learner.run(new)
    learner.cell(CHAT)
    for page in (alice, bob):
        status_is(page, "connected")
    expect(bob.get_by_text("are you there?", exact=True)).to_be_visible()


def write_twice(learner: Learner) -> None:
    """Write a server from an empty cell, start it, and ask it."""
    learner.cell(CLIENT)
    new = learner.add_below("twice")
    learner.write(new, TWICE)
    assert learner.run(new).split() == ["Hello", "Hello"]


TRIES: dict[str, Try] = {
    "What do the pages do when": stop_the_chat,
    "Now write a server": write_twice,
}
