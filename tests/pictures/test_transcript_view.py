"""The table of a recording, in the words of its text twin."""

from __future__ import annotations

from helpers.pictures.transcript_view import FIRST_ROWS, LAST_ROWS, NOTHING, draw_transcript
from helpers.wire.frames import Frame, Opcode
from helpers.wire.transcript import Transcript, entries
from tests.pictures.reading import read, rows
from tests.pictures.samples import Recorder, broken, refused, short_talk, socketio, talk


def twin(transcript: Transcript, **options: bool) -> str:
    return str(draw_transcript(entries(transcript), **options))


def test_a_short_talk() -> None:
    assert twin(short_talk()) == (
        """\
#  direction      kind      what                     details
1  ── opened ──
2  client→server  request   GET /ws HTTP/1.1
3  server→client  response  101 Switching Protocols
4  client→server  text      "Hello"                  5 bytes · masked
5  server→client  text      "Hello"                  5 bytes · unmasked
6  ── cut ──"""
    )


def test_fragments_end_in_their_message() -> None:
    found = rows(draw_transcript(entries(talk())).html)[6:9]
    assert [row[2:] for row in found] == [
        ["text", '"Grüße · "', "11 bytes · masked · fragment 1"],
        ["ping", "", "4 bytes · masked"],
        [
            "continuation",
            '"<script>alert(1)</script>"completes the message "Grüße · <script>alert(1)</script>"',
            "25 bytes · masked · fragment 2, the last",
        ],
    ]
    assert 'completes the message "Grüße · <script>' in twin(talk())


def test_several_connections_get_a_column() -> None:
    header, first, *_ = rows(draw_transcript(entries(talk(connections=2))).html)
    assert header == ["#", "connection", "direction", "kind", "what", "details"]
    assert first == ["1", "1", "── opened ──"]
    assert "all" in {row[1] for row in rows(draw_transcript(entries(talk(connections=2))).html)}


def test_times_on_request() -> None:
    header, first, *_ = rows(draw_transcript(entries(short_talk()), times=True).html)
    assert header[:2] == ["#", "time"]
    assert first[1].endswith(" s")
    assert " s  ── opened ──" in twin(short_talk(), times=True)


def test_a_refusal_says_why_and_no_size_that_depends_on_the_port() -> None:
    picture = twin(refused())
    assert "response  403 Forbidden · text/plain\n" in picture
    assert "Origin must be the server's own, '127.0.0.1:43121'" in picture
    assert "403 Forbidden · text/plain · 96 bytes" in twin(refused(), exact=True)


def test_a_fault_and_what_follows() -> None:
    picture = draw_transcript(entries(broken()))
    fault = "RSV2 must be 0 without an extension that uses it, got 1 (RFC 6455 §5.2)"
    assert f"client→server  error     {fault}" in str(picture)
    assert "server→client  bytes     4 bytes\n" in str(picture)
    assert f'<div class="bad">{fault}</div>' in picture.html


def test_a_rule_that_a_frame_breaks_stands_below_it() -> None:
    recorder = Recorder()
    recorder.handshake()
    recorder.down(1, Frame(Opcode.TEXT, b"x", mask=b"abcd"))
    picture = draw_transcript(entries(recorder.transcript))
    assert str(picture).splitlines()[-1].strip() == (
        "server frame must not be masked, got MASK=1 (RFC 6455 §5.1)"
    )


def test_json_is_quoted_without_escapes() -> None:
    recorder = Recorder()
    recorder.handshake()
    recorder.down(1, Frame(Opcode.TEXT, b'{"type": "chat"}'))
    assert """text      '{"type": "chat"}'""" in twin(recorder.transcript)


def test_a_long_message_moves_only_its_own_details() -> None:
    recorder = Recorder()
    recorder.handshake()
    recorder.down(1, Frame(Opcode.TEXT, b"ab" * 200), Frame(Opcode.TEXT, b"Hello"))
    picture = twin(recorder.transcript)
    assert '… 240 more characters …"  400 bytes · unmasked' in picture
    assert '"Hello"                  5 bytes · unmasked' in picture


def test_control_characters_are_written_as_escapes() -> None:
    recorder = Recorder()
    recorder.handshake()
    recorder.down(1, Frame(Opcode.TEXT, "a\x1b[31m\u202eb\n".encode()))
    recorder.down(1, Frame(Opcode.TEXT, "\u202ehalf".encode(), fin=False))
    shown = twin(recorder.transcript)
    assert r'"a\x1b[31m\u{202e}b\n"' in shown
    assert r'"\u{202e}half"' in shown


def test_a_long_recording_is_cut_in_the_middle() -> None:
    recorder = Recorder()
    recorder.handshake()
    recorder.down(1, *[Frame(Opcode.TEXT, b"%d" % number) for number in range(200)])
    picture = draw_transcript(entries(recorder.transcript))
    assert "… 103 entries more …" in str(picture)
    assert "… 103 entries more …" in read(picture.html).text
    assert len(str(picture).splitlines()) == FIRST_ROWS + LAST_ROWS + 2
    assert len(picture.html) < 30_000


def test_nothing_yet() -> None:
    assert twin(Transcript()) == NOTHING


def test_packets_stand_below_the_line_that_carries_them() -> None:
    found = twin(socketio()).splitlines()
    assert [line.strip() for line in found[3:6]] == [
        "3   1           server→client  response  200 OK · 112 bytes",
        '0{"sid":"…","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":9}',
        "Engine.IO open · upgrades: websocket · a ping every 25 s, its pong within 20 s",
    ]
    assert found[-2].strip() == 'Socket.IO ack({"sid": "mine"}) · id 1'
    html = draw_transcript(entries(socketio())).html
    assert '<div class="small">Socket.IO event "chat"("hi") · id 1</div>' in html


def test_what_engine_io_makes_up_is_the_same_on_each_run() -> None:
    assert twin(socketio(1)) == twin(socketio(2))
    assert "transport=polling&t=…&sid=…" in twin(socketio())
    assert """'431[{"sid":"mine"}]'""" in twin(socketio())  # the application's own
    assert twin(socketio(1), exact=True) != twin(socketio(2), exact=True)
    assert "…" not in twin(socketio(), exact=True).replace("… ", "")


def test_what_is_no_engine_io_is_left_as_it_is() -> None:
    recorder = Recorder()
    recorder.handshake()
    recorder.down(1, Frame(Opcode.TEXT, b'0{"sid":"x"}'))
    assert """'0{"sid":"x"}'""" in twin(recorder.transcript)


def test_several_sessions_get_a_column() -> None:
    header, first, second, *_ = rows(draw_transcript(entries(socketio(sessions=2))).html)
    assert header[:3] == ["#", "session", "connection"]
    assert first[:3] == ["1", "", "1"]
    assert second[:3] == ["2", "1", "1"]
    assert "session" not in twin(socketio()).splitlines()[0]
