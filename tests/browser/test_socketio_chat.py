"""The same page on Socket.IO: what is asked of chat's page holds there too, by every transport."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from helpers import launch, stop_all
from helpers.launcher import Server
from tests.browser import test_chat as plain
from tests.browser.actions import chat_say
from tests.browser.test_chat import Visitor, lines, people

visitor = plain.visitor
# The tests of chat, with the server of this module.
test_a_crash_of_the_server_loses_nothing = plain.test_a_crash_of_the_server_loses_nothing
test_a_cut_connection_loses_nothing = plain.test_a_cut_connection_loses_and_doubles_nothing
test_a_taken_name_is_said_at_the_field = plain.test_a_taken_name_is_said_at_the_field
test_script_stays_text = plain.test_script_in_names_and_messages_stays_text
test_the_same_person_in_another_tab = plain.test_the_same_person_in_another_tab


@pytest.fixture
def chat() -> Iterator[Server]:
    yield launch("socketio_chat", burst=1000, rate=1000)
    stop_all()


@pytest.mark.smoke
def test_three_transports_meet(chat: Server, visitor: Visitor) -> None:
    alice = visitor(chat.page_url, "Alice")  # begins with polling, goes on by WebSocket
    bob = visitor(chat.page_url, "Bob&transport=polling")
    carol = visitor(chat.page_url, "Carol&transport=websocket")
    opened = [
        page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
        for page in (alice, bob, carol)
    ]
    polls = [any("transport=polling" in name for name in names) for names in opened]
    assert polls == [True, True, False]
    expect(people(carol)).to_have_text(["Alice", "Bob", "Carol (you)"])
    for page, name in ((alice, "Alice"), (bob, "Bob"), (carol, "Carol")):
        chat_say(page, f"from {name}")
    for page in (alice, bob, carol):
        for name in ("Alice", "Bob", "Carol"):
            expect(lines(page, f"from {name}")).to_have_count(1)
    bob.get_by_label("Message to everybody").press_sequentially("Hel")
    expect(carol.get_by_text("Bob is typing …")).to_be_visible()
    bob.get_by_role("button", name="Leave").click()
    expect(lines(alice, "Bob left")).to_have_count(1)
