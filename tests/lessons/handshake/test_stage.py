"""The lesson's stage, and the learner's `fault` with the headers that the lesson's server has."""

import asyncio
from pathlib import Path

import pytest
import websockets

from helpers.launcher import stop_all
from helpers.lessons.handshake import naive, solutions
from helpers.lessons.handshake.mistakes import HANDSHAKES, OFFERS, SOUND
from helpers.lessons.handshake.stage import Answer, Headers, ask, start, start_elsewhere
from tests.exercises.answers import Answer as Learners
from tests.exercises.answers import read

RIGHT = [
    answer
    for answer in read(Path(__file__).parent / "answers.md")
    if answer.right and answer.exercise == "fault"
]
LINES = ["GET / HTTP/1.1", "Host: 127.0.0.1:1"]
REFUSAL = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nfault: Upgrade"


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(REFUSAL.encode())
    writer.close()


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    await writer.drain()
    await reader.read()


def test_an_answer_has_a_status_and_a_body() -> None:
    answer = Answer(REFUSAL)
    assert (answer.status, answer.body) == ("400 Bad Request", "fault: Upgrade")
    assert str(answer) == REFUSAL
    assert "look for an error" in Answer("").status
    assert (str(Answer("")), Answer("").body) == (Answer("").status, "")


async def test_ask_returns_all_that_the_server_says() -> None:
    server = await start(refuse)
    assert (await ask(LINES, server.port)).text == REFUSAL
    server.stop()


def test_headers_ignore_case_and_join_what_is_sent_twice() -> None:
    headers = Headers()
    for name, value in (("Connection", "keep-alive"), ("Host", "a"), ("connection", "Upgrade")):
        headers[name] = value
    assert headers["CONNECTION"] == "keep-alive, Upgrade"
    assert headers.get("Sec-WebSocket-Protocol") is None
    assert sorted(headers) == ["connection", "host"]


async def test_an_error_of_the_learners_function_is_seen() -> None:
    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        {}["Host"]  # type: ignore[index]

    shown: list[str] = []  # what asyncio writes below the cell that started the server
    asyncio.get_running_loop().set_exception_handler(
        lambda _, facts: shown.append(repr(facts.get("exception")))
    )
    server = await start(broken)
    answer = await ask(LINES, server.port)
    server.stop()
    asyncio.get_running_loop().set_exception_handler(None)
    assert (answer.status, answer.body) == ("500 KeyError: 'Host'", "KeyError: 'Host'")
    assert shown == ["KeyError('Host')"]


async def test_a_second_start_takes_the_place_of_the_first_and_of_its_connections() -> None:
    first = await start(hold)
    reader, writer = await asyncio.open_connection("127.0.0.1", first.port)
    await reader.readline()
    second = await start(refuse)
    async with asyncio.timeout(10):
        await reader.read()  # comes to its end, because the first server has hung up
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await ask(LINES, first.port)
    assert (await ask(LINES, second.port)).status == "400 Bad Request"
    second.stop()


async def test_stop_all_stops_each_of_them_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    mine = await start(refuse)
    await start_elsewhere(mine)
    stop_all()
    assert "your server, another origin" in capsys.readouterr().out
    with pytest.raises(ConnectionRefusedError):
        await ask(LINES, mine.port)


async def test_another_site_knocks_at_the_port_of_its_target() -> None:
    mine = await start(refuse)
    other = await start_elsewhere(mine)
    page = (await ask(LINES, other.port)).body
    assert f'here.replace("{other.port}", "{mine.port}")' in page
    stop_all()


@pytest.mark.parametrize("learners", RIGHT, ids=lambda learners: learners.title)
def test_a_right_fault_is_right_with_the_headers_of_the_running_server(
    learners: Learners,
) -> None:
    names: dict[str, object] = {}
    exec(learners.source, names)  # as the learner's cell does
    for method, changes, expected, _ in HANDSHAKES:
        headers = websockets.Headers()
        for name, value in (SOUND | changes).items():
            if value is not None:
                headers[name.lower()] = value
        assert names["fault"](method, headers) == expected  # type: ignore[operator]


def test_the_naive_ones_find_nothing() -> None:
    faults = {solutions.fault(m, {**SOUND, "Upgrade": "h2c"}) for m in ("GET", "POST")}
    assert faults == {"method", "Upgrade"}
    assert {naive.fault(m, {**SOUND, "Upgrade": "h2c"}) for m in ("GET", "POST")} == {None}
    assert {naive.choose_subprotocol(offered, known) for offered, known, _, _ in OFFERS} == {None}
