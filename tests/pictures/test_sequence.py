"""The sequence diagram of a recording, in the words of its text twin."""

from __future__ import annotations

from helpers.pictures.sequence import draw_sequence
from helpers.pictures.transcript_view import NOTHING
from helpers.wire.frames import Frame, Opcode
from helpers.wire.transcript import entries
from tests.pictures.reading import rows
from tests.pictures.samples import Recorder, broken, short_talk, socketio, talk


def test_a_short_talk() -> None:
    assert str(draw_sequence(entries(short_talk()))) == (
        """\
client                                  server
  │┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ opened ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄│
  │─ GET /ws HTTP/1.1 ────────────────────▶│
  │◀───────────── 101 Switching Protocols ─│
  │─ text "Hello" ────────────────────────▶│
  │◀──────────────────────── text "Hello" ─│
  │┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ cut ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄│"""
    )


def test_without_styles_each_row_says_who_sent_what() -> None:
    assert rows(draw_sequence(entries(short_talk())).html) == [
        ["client", "", "server"],
        ["", "opened", ""],
        ["──", "client→server: GET /ws HTTP/1.1", "─▶"],
        ["◀─", "server→client: 101 Switching Protocols", "──"],
        ["──", 'client→server: text "Hello"', "─▶"],
        ["◀─", 'server→client: text "Hello"', "──"],
        ["", "cut", ""],
    ]


def test_all_lines_end_at_the_server() -> None:
    lines = str(draw_sequence(entries(talk()))).splitlines()
    assert {len(line) for line in lines[1:]} == {len(lines[1])}


def test_one_diagram_for_each_connection() -> None:
    picture = str(draw_sequence(entries(talk(connections=2))))
    assert picture.startswith("connection 1\nclient ")
    assert "\nconnection 2\nclient " in picture
    assert picture.count(" frozen ") == 2  # each in the time of its own connection


def test_a_single_step_is_shown_and_not_left_out() -> None:
    recorder = Recorder()
    for number in range(81):
        recorder.mark(1, f"step {number}")
    whole = str(draw_sequence(entries(recorder.transcript)))
    assert [f" step {number} " in whole for number in range(81)] == [True] * 81
    recorder.mark(1, "one more step")
    assert " … 2 more … " in str(draw_sequence(entries(recorder.transcript)))


def test_a_fault_is_told_below_its_arrow() -> None:
    lines = str(draw_sequence(entries(broken()))).splitlines()
    place = next(index for index, line in enumerate(lines) if "─ error ─" in line)
    assert "│ RSV2 must be 0 without an extension" in lines[place + 1]


def test_times_on_request() -> None:
    picture = draw_sequence(entries(short_talk()), times=True)
    header, first, *_ = rows(picture.html)
    assert header == ["time", "client", "", "server"]
    assert first[0].endswith(" s")
    head, *steps = str(picture).splitlines()
    assert {(step.index("│"), step.rindex("│")) for step in steps} == {
        (head.index("client") + 2, head.index("server") + 3)
    }
    assert all(
        step.startswith(f"{entry.at_s:.3f} s")
        for step, entry in zip(steps, entries(short_talk()), strict=True)
    )


def test_long_messages_and_recordings_are_shortened() -> None:
    recorder = Recorder()
    recorder.handshake()
    recorder.down(1, *[Frame(Opcode.TEXT, b"ab" * 100)] * 200)
    picture = draw_sequence(entries(recorder.transcript))
    assert '… 152 more characters …"' in str(picture)
    assert " … 123 more … " in str(picture)
    assert len(picture.html) < 30_000


def test_nothing_yet() -> None:
    assert str(draw_sequence([])) == NOTHING


def test_the_connections_of_a_session_are_one_diagram() -> None:
    title, head, *lines = str(draw_sequence(entries(socketio()))).splitlines()
    assert title == "session 1: connections 1, 2, 3"
    told = [line.strip("│┄─▶◀ ") for line in lines]
    assert told == [
        "GET /socket.io/?EIO=4&transport=polling&t=… HTTP/1.1",
        "200 OK · 112 bytes",
        "Engine.IO open · upgrades: websocket · a ping every 25 s, its pong within 20 s",
        "POST /socket.io/?EIO=4&transport=polling&t=…&sid=… HTTP/1.1",
        "Socket.IO connect",
        "200 OK · 2 bytes",
        "opened",
        "GET /socket.io/?EIO=4&transport=websocket&sid=… HTTP/1.1",
        "101 Switching Protocols",
        """text '40{"sid":"…"}'""",
        "Socket.IO connect",
        """text '421["chat","hi"]'""",
        'Socket.IO event "chat"("hi") · id 1',
        """text '431[{"sid":"mine"}]'""",
        'Socket.IO ack({"sid": "mine"}) · id 1',
        "closed by client",
    ]
    assert {len(line) for line in lines} == {head.index("server") + 4}


def test_two_sessions_are_two_diagrams_the_same_on_each_run() -> None:
    picture = draw_sequence(entries(socketio(1, sessions=2)))
    assert "\nsession 2: connections 4, 5, 6\nclient " in str(picture)
    assert str(picture) == str(draw_sequence(entries(socketio(2, sessions=2))))
    said = rows(picture.html)[2][1]
    assert said.endswith("its pong within 20 s")
    assert "200 OK · 112 bytes" in said
