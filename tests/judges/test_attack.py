"""The attack on a chat: the finished one holds, a naive one does not, and each line says why."""

import asyncio
import logging

import pytest

from helpers.judges import attack as module
from helpers.judges.attack import attack, play_all
from helpers.judges.browser import find_browser
from helpers.judges.chat_cases import CASES
from helpers.judges.play import play
from helpers.judges.player import Player
from helpers.judges.report import Report
from helpers.judges.target import TargetError, find_target
from helpers.launcher import Server
from tests.judges.faulty import serving
from tests.judges.naive_chat import PAGE, NaiveChat

needs_browser = pytest.mark.skipif(not find_browser(), reason="no browser is installed")
MARKUP = "markup in a message stays text in a real browser"
CRASH = "what was acknowledged survives a crash"


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("websockets.server").setLevel(logging.CRITICAL)


@pytest.mark.thorough
async def test_the_finished_chat_holds() -> None:
    with Server("chat") as server:
        await asyncio.to_thread(server.start)
        report = await attack(server)
    assert [verdict.rule for verdict in report.failed] == []
    assert [verdict.rule for verdict in report.untried] == ([] if find_browser() else [MARKUP])


@pytest.mark.thorough
async def test_a_naive_chat_does_not() -> None:
    async with NaiveChat().served() as url:
        report = await attack(url, page=url.replace("ws:", "http:") + "?{name}")
    assert {verdict.rule for verdict in report.passed} == {
        "nonsense before joining disturbs nobody",
        "whoever reads is not thrown out by a few quick messages",
        "whoever vanishes without a word has left for the others",
    } - {verdict.rule for verdict in report.untried}
    assert CRASH in {verdict.rule for verdict in report.untried}
    assert all(verdict.expected and verdict.received for verdict in report.failed)


async def one(chat: NaiveChat, rule: str) -> Report:
    async with chat.served() as url:
        page = url.replace("ws:", "http:") + "?{name}"
        cases = [case for case in CASES if case.rule == rule]
        assert len(cases) == 1
        verdicts = [await play(cases[0], Player(find_target(url), 2.0, page))]
    return Report(verdicts, "attacks", "held")


@needs_browser
async def test_a_script_in_a_message_is_found_in_a_real_browser() -> None:
    report = await one(NaiveChat(), MARKUP)
    assert [verdict.received for verdict in report.failed] == [
        "an element: <img src=…>, and its script ran"
    ]
    safe = await one(NaiveChat(PAGE.replace("innerHTML", "textContent")), MARKUP)
    assert safe.summary == "all 1 attacks held"


@needs_browser
async def test_a_page_that_shows_nothing_is_not_judged() -> None:
    report = await one(NaiveChat("<!doctype html><title>empty</title>"), MARKUP)
    assert [verdict.untried for verdict in report.untried] == [
        "the page did not show what was said before"
    ]
    assert report.summary == "all 0 attacks held; 1 not tried"


async def test_a_second_alice_is_named() -> None:
    report = await one(NaiveChat(), "a second Alice is refused, and the first one still hears")
    assert "who can speak for the first" in report.failed[0].received
    assert "✗ a second Alice is refused" in repr(report)


async def test_other_machines_are_refused() -> None:
    with pytest.raises(TargetError, match="only a server on this machine is judged"):
        await attack("ws://chat.example.org/")
    with pytest.raises(TargetError, match="only a page on this machine is opened"):
        await attack("ws://127.0.0.1:1/", page="http://example.org/{name}")


async def test_a_server_that_says_nothing_hangs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CASE_S", 0.5)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)

    async with serving(say_nothing) as url:
        verdicts = await play_all(find_target(url), answer_s=0.05)
    assert {verdict.received for verdict in verdicts if not verdict.untried} == {"nothing"}


async def test_one_section_can_be_played_alone() -> None:
    async with NaiveChat().served() as url:
        report = await attack(url, only="names")
        assert [verdict.section for verdict in report.verdicts] == ["names", "names"]
        assert report.summary == "0 of 2 attacks held"
        crashes = await attack(url, only="crashes")
    assert [verdict.rule for verdict in crashes.untried] == [CRASH]
    assert len(crashes.verdicts) == 1
    with pytest.raises(ValueError, match=r"no attack is called 'name'; there are nonsense, names"):
        await attack(url, only="name")


def test_in_a_terminal_a_section_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        module.main(["ws://127.0.0.1:9/", "--only=name"])
    assert "invalid choice: 'name'" in capsys.readouterr().err
    assert module.main(["ws://127.0.0.1:9/", "--only=names"]) == 1
    assert capsys.readouterr().out.startswith("0 of 2 attacks held\n")


@pytest.mark.thorough
async def test_a_second_attack_is_not_taken_for_the_first_and_its_report_is_the_same() -> None:
    """The chat still keeps the names of the first one, and the ids of its messages."""
    with Server("chat") as server:
        await asyncio.to_thread(server.start)
        for _ in range(2):
            report = await attack(server, only="leaving")
            assert report.failed == []
    async with NaiveChat().served() as url:
        reports = [repr(await attack(url, only="names")) for _ in range(2)]
    assert reports[0] == reports[1]
    assert '"name": "Alice 1"' in reports[0]
