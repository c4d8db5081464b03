"""The hex dump of a recording, in the words of its text twin."""

from __future__ import annotations

from helpers.pictures.bytes_view import NOTHING, draw_bytes, draw_hex_dump
from helpers.wire.frames import Frame, Opcode
from helpers.wire.transcript import Transcript, entries
from tests.pictures.reading import read
from tests.pictures.samples import HELLO, Recorder, short_talk, socketio, talk


def twin(transcript: Transcript, **options: bool) -> str:
    return str(draw_bytes(entries(transcript), **options))


def test_a_short_talk() -> None:
    assert twin(short_talk()) == (
        """\
── opened ──
client→server · request
  0000  47 45 54 20 2f 77 73 20  48 54 54 50 2f 31 2e 31  GET /ws HTTP/1.1
  … the rest of the head: show(…, "handshake")
server→client · response
  0000  48 54 54 50 2f 31 2e 31  20 31 30 31 20 53 77 69  HTTP/1.1 101 Swi
  … the rest of the head: show(…, "handshake")
client→server · 11 bytes · text
  0000  81 85 ·· ·· ·· ·· ·· ··  ·· ·· ··                 ···········
server→client · 7 bytes · text
  0000  81 05 48 65 6c 6c 6f                              ··Hello
── cut ──
·· is random: a different byte on every run"""
    )


def test_exact_shows_masks_and_heads() -> None:
    recorder = Recorder()
    recorder.handshake()
    masked = Frame(Opcode.TEXT, b"Hello", mask=bytes.fromhex("37fa213d"))
    recorder.sent(1, "client→server", masked.encode())
    picture = twin(recorder.transcript, exact=True)
    assert "  0000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ··7·!=··MQX" in picture
    assert "··Host: 127.0.0." in picture
    assert "random" not in picture


def test_what_one_side_sends_at_a_stretch_stands_in_one_dump() -> None:
    recorder = Recorder()
    recorder.handshake()
    recorder.down(1, Frame(Opcode.TEXT, b"one"), Frame(Opcode.PING), Frame(Opcode.TEXT, b"two"))
    assert twin(recorder.transcript).endswith(
        "server→client · 12 bytes · text + ping\n"
        "  0000  81 03 6f 6e 65 89 00 81  03 74 77 6f              ··one····two"
    )


def test_payloads_of_keepalive_pings_are_hidden() -> None:
    recorder = Recorder()
    recorder.handshake()
    recorder.down(1, Frame(Opcode.PING, b"\1\2\3\4"), Frame(Opcode.PING, b"hi there"))
    assert "  0000  89 04 ·· ·· ·· ·· 89 08  68 69 20 74 68 65 72 65  " in twin(
        recorder.transcript
    )


def test_long_dumps_lose_their_middle() -> None:
    picture = draw_hex_dump(bytes(70_000))
    lines = str(picture).splitlines()
    assert lines[0] == "70,000 bytes"
    assert lines[9] == "  … 69,840 bytes more …"
    assert lines[10].startswith("  11150  00")
    assert len(lines) == 12


def test_a_single_row_is_shown_and_not_left_out() -> None:
    whole, longer = draw_hex_dump(bytes(11 * 16)), draw_hex_dump(bytes(11 * 16 + 1))
    assert [line.split()[0] for line in str(whole).splitlines()[1:]] == [
        f"{place:04x}" for place in range(0, 11 * 16, 16)
    ]
    assert str(longer).splitlines()[9] == "  … 32 bytes more …"


def test_several_connections_are_named() -> None:
    picture = twin(talk(connections=2))
    assert "connection 2: client→server · 11 bytes · close" in picture
    assert "── connection 1: opened ──" in picture


def test_it_is_preformatted_text_without_styles() -> None:
    picture = draw_bytes(entries(short_talk()))
    assert str(picture).splitlines()[8].strip() in read(picture.html).text


def test_bytes_given_directly() -> None:
    assert str(draw_hex_dump(HELLO)) == (
        "7 bytes\n  0000  81 05 48 65 6c 6c 6f                              ··Hello"
    )


def test_nothing_yet() -> None:
    assert twin(Transcript()) == NOTHING


def test_the_ids_of_engine_io_are_hidden() -> None:
    shown, again, exact = (
        str(draw_bytes(entries(socketio(seed)), exact=seed == 3)) for seed in (1, 2, 3)
    )
    assert shown == again
    assert '40{"sid":"····\n' in shown
    assert '[{"sid":"mi\n' in shown  # the application's own
    assert "·· ··" not in exact
