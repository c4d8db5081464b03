"""The judge of the protocol: right servers pass, each fault is found, and nothing hangs it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
import websockets.asyncio.server
from aiohttp import WSMsgType, web

from helpers.judges import protocol
from helpers.judges.play import play
from helpers.judges.player import Player
from helpers.judges.protocol import CASES, judge, play_all
from helpers.judges.report import MOST, Report
from helpers.judges.target import TargetError, find_target
from helpers.judges.verdict import Verdict
from helpers.launcher import Server
from helpers.wire import handshake
from tests.judges.faulty import FAULTS, SILENT, FaultyEcho, serving


def broken(report: Report) -> set[str]:
    return {verdict.rule for verdict in report.failed}


@pytest.fixture
def handmade() -> Iterator[Server]:
    with Server("handmade") as server:
        server.start()
        yield server


async def test_the_server_of_the_course_keeps_every_rule(handmade: Server) -> None:
    report = await judge(handmade.url.replace("/ws", "/echo"))
    assert broken(report) == set()
    assert report.summary == f"all {len(CASES)} rules kept"
    assert not report.silent
    assert repr(report).endswith("\nSHOULD  says why before it hangs up (§7.1.7): 24 of 24")
    assert "<td>SHOULD</td><td>says why before it hangs up (§7.1.7): 24 of 24" in (
        report._repr_html_()
    )


async def test_a_server_that_hangs_up_without_a_word_keeps_every_rule_and_is_told() -> None:
    """To hang up is a MUST of §7.1.7, to say why a SHOULD: the count of rules is the same."""
    async with FaultyEcho(SILENT).served() as url:
        report = Report(await play_all(find_target(url)))
    assert report.summary == f"all {len(CASES)} rules kept"
    assert len(report.silent) == len(report.ended) == 24
    line = "SHOULD  says why before it hangs up (§7.1.7): 0 of 24"
    first = "  – silent: it closes the connection when a client's frame is not masked"
    assert f"\n{line}\n{first}\n" in repr(report)
    assert "<td>– silent</td><td>closes the connection when RSV1 is 1" in report._repr_html_()


async def test_a_wrong_reason_is_worse_than_none() -> None:
    """A close frame whose code says something else than what happened: that is no SHOULD."""

    async def say_goodbye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = handshake.parse_request(await reader.readuntil(b"\r\n\r\n"))
        writer.write(handshake.answer(request).encode())
        await reader.readexactly(2 + 4 + 2)
        writer.write(b"\x88\x02\x03\xe8")

    rule = "closes the connection on opcode 3, a reserved data frame"
    case = next(case for case in CASES if case.rule == rule)
    async with serving(say_goodbye) as url:
        verdict = await play(case, Player(find_target(url)))
    assert (verdict.expected, verdict.received) == (
        "the connection closed (with 1002, if it says why)",
        "a close frame with 1000",
    )


async def test_the_echo_of_the_course_keeps_every_rule() -> None:
    with Server("echo") as server:
        await asyncio.to_thread(server.start)
        assert broken(await judge(server)) == set()


async def test_websockets_alone_differs_in_two() -> None:
    """It looks for no Host, and does not name its version."""

    async def echo(connection: websockets.asyncio.server.ServerConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in connection:
                await connection.send(message)

    async with websockets.asyncio.server.serve(echo, "127.0.0.1", 0) as server:
        report = await judge(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert len(report.passed) == 67  # a lesson says so, and that it says why
    assert len(report.silent) == 0
    assert broken(report) == {
        "refuses a handshake without `Host`",
        "refuses another version, and says that it speaks 13",
    }


@contextlib.asynccontextmanager
async def aiohttp_echo() -> AsyncIterator[str]:
    async def echo(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for message in websocket:
            if message.type is WSMsgType.TEXT:
                await websocket.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await websocket.send_bytes(message.data)
        return websocket

    app = web.Application()
    app.add_routes([web.get("/", echo)])
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server
    listener = await asyncio.get_running_loop().create_server(runner.server, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
    finally:
        listener.close()
        await runner.cleanup()


async def test_aiohttp_alone_differs_in_four() -> None:
    async with aiohttp_echo() as url:
        report = await judge(url)
    assert broken(report) == {
        "closes the connection when a client's frame is not masked",
        "refuses a handshake in HTTP/1.0",
        "refuses another version, and says that it speaks 13",
        "treats 1006 as a fault: it means that there was no close frame",
    }


@pytest.mark.parametrize("fault", ["", *FAULTS])
async def test_a_fault_is_found_and_no_other(fault: str) -> None:
    expected = FAULTS.get(fault, set())
    async with FaultyEcho(fault).served() as url:
        for answer_s in (0.5, 5.0):  # on a busy machine silence may be lateness
            report = Report(await play_all(find_target(url), answer_s=answer_s))
            if broken(report) <= expected:
                break
    assert broken(report) == expected


async def test_a_server_that_says_nothing_hangs_nobody() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)

    async with serving(say_nothing) as url:
        report = Report(await play_all(find_target(url), answer_s=0.05))
    assert [v.rule for v in report.passed if not v.rule.startswith("refuses")] == []
    assert {v.received for v in report.failed} == {"nothing"}


@pytest.mark.parametrize("pieces", [[b"\x81\x03Hel\x80\x02lo"], [b"\x81\x03Hel", b"\x80\x02lo"]])
async def test_a_report_is_the_same_however_an_answer_is_sliced(pieces: list[bytes]) -> None:
    """A message, and then a continuation that breaks a rule: the message was received first."""

    async def answer_in_pieces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = handshake.parse_request(await reader.readuntil(b"\r\n\r\n"))
        writer.write(handshake.answer(request).encode())
        await reader.readexactly(9 + 8)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await reader.read(-1)

    joins = next(case for case in CASES if case.rule == "joins the fragments of a message")
    async with serving(answer_in_pieces) as url:
        verdict = await play(joins, Player(find_target(url), answer_s=0.5))
    assert verdict.received == 'text "Hel" · 3 bytes'


async def test_nobody_at_the_address_is_said_in_a_line() -> None:
    url = await closed_port()
    with pytest.raises(TargetError) as raised:
        await judge(url)
    line = f"nobody listens at {url}: run the cell that starts your server"
    assert str(raised.value) == line


async def test_a_wrong_path_is_said_in_a_line(handmade: Server) -> None:
    with pytest.raises(TargetError, match=r"^nothing is at the path '/ecco' of that server"):
        await judge(handmade.url.replace("/ws", "/ecco"))


async def closed_port() -> str:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return f"ws://127.0.0.1:{port}/"


async def test_nobody_at_the_address_fails_every_case() -> None:
    report = Report(await play_all(find_target(await closed_port())))
    assert report.passed == []
    assert {v.expected for v in report.failed} == {"a connection"}


@pytest.mark.parametrize(
    ("server", "fact"),
    [
        ("ws://example.org/", "only a server on this machine is judged, got 'example.org'"),
        ("ws://127.0.0.1.evil.test/", "only a server on this machine is judged"),
        ("ws://192.168.1.5:8000/", "only a server on this machine is judged"),
        ("ws://0.0.0.0:80/", "only a server on this machine is judged"),
        ("http://127.0.0.1:8000/", "expected a WebSocket's address, ws://, got http://"),
        ("127.0.0.1:8000", "expected a WebSocket's address"),
        ("ws://127.0.0.1:99999/", "is not an address"),
        ("", "this server was never started"),
        (8000, "expected a server, got int"),
    ],
)
async def test_other_machines_are_refused_before_a_byte_is_sent(server: object, fact: str) -> None:
    with pytest.raises(TargetError, match=fact):
        await judge(server)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "[::1]"])
def test_this_machine_has_many_names(host: str) -> None:
    target = find_target(f"ws://{host}:8000/echo?x=1")
    assert target.url == f"ws://{host}:8000/echo?x=1"
    assert target.host_header == f"{host}:8000"


async def test_the_report_says_what_was_sent_expected_and_received() -> None:
    async with FaultyEcho("pongs are empty").served() as url:
        report = Report(await play_all(find_target(url)))
    text = repr(report)
    assert text.startswith(f"{len(CASES) - 3} of {len(CASES)} rules kept\n\n§4.2.1  ")
    assert (
        "  ✗ answers a ping of 125 bytes with a pong that holds the same\n"
        "      sent      ping 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13… · FIN"
        " · 125 bytes\n"
        "      expected  pong 00 01"
    ) in text
    assert "      received  pong · FIN · 0 bytes" in text
    html = report._repr_html_()
    assert "✗ broken" in html
    assert "pong · FIN · 0 bytes" in html


def broken_rules(section: str, *rules: str) -> list[Verdict]:
    return [Verdict(section, rule, False, ("Hello",), "a pong", "nothing") for rule in rules]


@pytest.mark.parametrize("count", [1, MOST])
def test_a_section_with_few_broken_rules_is_shown_whole(count: int) -> None:
    report = Report(broken_rules("§5.2", *[f"rule {n}" for n in range(count)]))
    assert repr(report).count("  ✗ rule ") == count
    assert "more" not in repr(report)
    assert "<details" not in report._repr_html_()


def test_of_a_section_with_many_the_first_is_shown_and_the_rest_folded() -> None:
    """A report of a server that knows no rule would be a wall; nothing is lost in it."""
    rules = [f"rule {n}" for n in range(MOST + 1)]
    report = Report(broken_rules("§5.2", *rules) + broken_rules("§5.4", "another"))
    text, html = repr(report), report._repr_html_()
    assert "  ✗ rule 0\n      sent      Hello\n      expected  a pong\n" in text
    assert f"      received  nothing\n  … and {MOST} more\n§5.4" in text
    assert "rule 1" not in text
    before, folded = html.split("<details>")
    assert "rule 0" in before
    assert folded.startswith(f"<summary>… and {MOST} more</summary>")
    inside, after = folded.split("</details>")
    assert all(rule in inside for rule in rules[1:])
    assert "another" in after
    every = report.text(every=True)
    assert all(f"  ✗ {rule}\n" in every for rule in [*rules, "another"])
    assert "more" not in every


def test_in_a_terminal_the_status_says_it(
    handmade: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert protocol.main([handmade.url.replace("/ws", "/echo")]) == 0
    assert capsys.readouterr().out.startswith(f"all {len(CASES)} rules kept\n")
    with pytest.raises(SystemExit) as refused:
        protocol.main(["ws://example.org/"])
    assert refused.value.code == 2
    assert "only a server on this machine is judged" in capsys.readouterr().err
