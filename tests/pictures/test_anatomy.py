"""The bit picture of frames, in the words of its twin; the bytes are those of RFC 6455 §5.7."""

from __future__ import annotations

import zlib

import pytest

from helpers.pictures.anatomy import MAX_FRAMES, draw_frames
from tests.pictures.reading import read, rows
from tests.pictures.samples import COMPRESSED_HELLO, HELLO, MASKED_HELLO


def twin(data: bytes) -> str:
    return str(draw_frames(data))


def test_unmasked_text() -> None:
    assert twin(HELLO) == (
        """\
text "Hello" · FIN · 5 bytes
7 bytes on the wire = header 2 + payload 5

byte 0 = 81                         byte 1 = 05
FIN   RSV1  RSV2  RSV3  opcode      MASK      length
1     0     0     0     0001        0         0000101
last  –     –     –     1 = text    unmasked  5 bytes
bytes 2–6: payload
  payload        48 65 6c 6c 6f
  as characters  H  e  l  l  o"""
    )


def test_masked_text() -> None:
    assert twin(MASKED_HELLO) == (
        """\
text "Hello" · FIN · masked 37 fa 21 3d · 5 bytes
11 bytes on the wire = header 2 + masking key 4 + payload 5

byte 0 = 81                         byte 1 = 85
FIN   RSV1  RSV2  RSV3  opcode      MASK    length
1     0     0     0     0001        1       0000101
last  –     –     –     1 = text    masked  5 bytes
bytes 2–5: masking key
  37 fa 21 3d  for the payload
bytes 6–10: payload
  on the wire      7f 9f 4d 51 58
  XOR masking key  37 fa 21 3d 37
  = payload        48 65 6c 6c 6f
  as characters    H  e  l  l  o"""
    )


def test_a_payload_is_whole_up_to_20_bytes() -> None:
    assert bytes(range(20)).hex(" ") in twin(b"\x82\x14" + bytes(range(20)))
    assert " … 5 bytes more … " in twin(b"\x82\x15" + bytes(21))


def test_fragments_stand_one_after_another() -> None:
    assert twin(b"\x01\x03Hel\x80\x02lo") == (
        """\
frame 1: text "Hel" · 3 bytes
5 bytes on the wire = header 2 + payload 3

byte 0 = 01                             byte 1 = 03
FIN       RSV1  RSV2  RSV3  opcode      MASK      length
0         0     0     0     0001        0         0000011
not last  –     –     –     1 = text    unmasked  3 bytes
bytes 2–4: payload
  payload        48 65 6c
  as characters  H  e  l

frame 2: continuation "lo" · FIN · 2 bytes
4 bytes on the wire = header 2 + payload 2

byte 0 = 80                                 byte 1 = 02
FIN   RSV1  RSV2  RSV3  opcode              MASK      length
1     0     0     0     0000                0         0000010
last  –     –     –     0 = continuation    unmasked  2 bytes
bytes 2–3: payload
  payload        6c 6f
  as characters  l  o"""
    )


def test_16_bit_length_and_a_long_payload() -> None:
    assert twin(b"\x82\x7e\x01\x00" + bytes(range(256))) == (
        """\
binary 00 01 02 03 04 05 06 07… · FIN · 256 bytes
260 bytes on the wire = header 2 + extended length 2 + payload 256

byte 0 = 82                           byte 1 = 7e
FIN   RSV1  RSV2  RSV3  opcode        MASK      length
1     0     0     0     0010          0         1111110
last  –     –     –     2 = binary    unmasked  126: next 2 bytes
bytes 2–3: extended length
  01 00  = 256 bytes
bytes 4–259: payload
  payload        00 01 02 03 04 05 06 07 08 09 0a 0b … 240 bytes more … fc fd fe ff
  as characters  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  …                  ·  ·  ·  ·"""
    )


def test_64_bit_length() -> None:
    lines = twin(b"\x82\x7f\0\0\0\0\0\1\0\0" + b"a" * 65_536).splitlines()
    assert lines[1] == "65,546 bytes on the wire = header 2 + extended length 8 + payload 65,536"
    assert "127: next 8 bytes" in lines[6]
    assert lines[8] == "  00 00 00 00 00 01 00 00  = 65,536 bytes"
    assert "… 65,520 bytes more …" in lines[10]


def test_a_character_stands_under_all_its_bytes() -> None:
    payload = "é✓😀 \n".encode()
    picture = draw_frames(bytes([0x81, len(payload)]) + payload)
    assert str(picture).endswith(
        "  payload        c3 a9 e2 9c 93 f0 9f 98 80 20 0a\n"
        "  as characters  é     ✓        😀          ␣  \\n"
    )
    spans = [
        attributes.get("colspan") for tag, attributes in read(picture.html).tags if tag == "td"
    ]
    assert spans[-5:] == ["2", "3", "4", None, None]


def test_bytes_that_are_no_character_are_dots() -> None:
    picture = twin(b"\x81\x04a\xff\xc3b")
    assert "  as characters  a  ·  ·  b" in picture
    assert picture.endswith(
        "text message must be UTF-8, got bytes ff: invalid start byte (RFC 6455 §8.1)"
    )


def test_a_compressed_binary_message_inflates_to_hex() -> None:
    data = zlib.compress(bytes(3), wbits=-15)
    picture = twin(bytes([0xC2, len(data)]) + data)
    assert picture.endswith("; it inflates to 00 00 00, 3 bytes")


def test_what_is_no_deflate_data_is_not_inflated() -> None:
    note = "; it needs the messages before it, or is not deflate data"
    assert twin(b"\xc1\x02\xff\xff").endswith(note)


def test_close_code_and_reason() -> None:
    picture = twin(b"\x88\x05\x03\xe8bye")
    assert 'close 1000 "bye" · FIN · 5 bytes' in picture
    assert "  as characters  1000  b  y  e" in picture
    assert picture.endswith('close code 1000: normal closure, reason "bye"')


@pytest.mark.parametrize(
    ("frame", "note"),
    [
        (b"\x88\x00", "no close code, no reason"),
        (b"\x88\x02\x0f\xa0", "close code 4000: defined by an application, no reason"),
        (
            b"\x88\x02\x03\xed",
            "close code must be 1000–1003, 1007–1014 or 3000–4999, got 1005 (RFC 6455 §7.4)",
        ),
    ],
)
def test_close_payloads(frame: bytes, note: str) -> None:
    assert twin(frame).endswith(note)


def test_compressed_says_so_and_inflates() -> None:
    picture = twin(COMPRESSED_HELLO)
    assert picture.startswith("text (compressed) · FIN · RSV1 · 7 bytes\n")
    assert "as characters" not in picture
    assert picture.endswith(
        'compressed: RSV1 means permessage-deflate; it inflates to "Hello", 5 bytes'
    )


def test_compressed_nonsense_says_what_is_missing() -> None:
    assert twin(b"\xc1\x03\xff\xff\xff").endswith(
        "it needs the messages before it, or is not deflate data"
    )


@pytest.mark.parametrize(
    ("start", "waiting"),
    [
        (b"\x81", "waiting for at least 1 more byte"),
        (b"\x81\x7e", "waiting for at least 2 more bytes"),
        (b"\x81\x7f\x00\x00", "waiting for at least 6 more bytes"),
        (b"\x81\x05He", "waiting for 3 more bytes"),
        (b"\x81\x85\x37\xfa", "waiting for 7 more bytes"),
    ],
)
def test_what_is_missing_is_waited_for(start: bytes, waiting: str) -> None:
    picture = draw_frames(start)
    assert str(picture).startswith("text frame, unfinished\n")
    assert str(picture).endswith("\n" + waiting)
    assert waiting in read(picture.html).text


def test_a_masking_key_that_is_not_whole_unmasks_nothing() -> None:
    assert "payload" not in twin(b"\x81\x85\x37\xfa").replace("for the payload", "")


@pytest.mark.parametrize(
    ("data", "drawn", "fault"),
    [
        (
            b"\xa1\x05Hello",
            "text frame, broken",
            "RSV2 must be 0 without an extension that uses it, got 1 (RFC 6455 §5.2)",
        ),
        (
            b"\x83\x05Hello",
            "reserved frame, broken",
            "opcode must be 0, 1, 2, 8, 9 or 10, got 3, reserved for data frames (RFC 6455 §5.2)",
        ),
        (
            b"\x09\x05Hello",
            "ping frame, broken",
            "ping frame must not be fragmented, got FIN=0 (RFC 6455 §5.5)",
        ),
        (
            b"\x81\x7e\x00\x05Hello",
            "extended length\n  00 05  = 5 bytes",
            "payload length 5 used 2 bytes when 1 would have sufficed (RFC 6455 §5.2)",
        ),
    ],
)
def test_bad_bytes_are_drawn_up_to_the_fault(data: bytes, drawn: str, fault: str) -> None:
    picture = draw_frames(data)
    assert drawn in str(picture)
    assert str(picture).endswith(f"{fault}\nthe bytes after it cannot be read: 5 bytes")
    assert "as characters" not in str(picture)
    assert fault in read(picture.html).text


def test_what_comes_before_a_fault_is_drawn_whole() -> None:
    picture = twin(HELLO + b"\xb1\x00")
    assert picture.startswith('frame 1: text "Hello" · FIN · 5 bytes')
    assert "frame 2: text frame, broken" in picture


def test_many_frames_are_cut_off_with_a_count() -> None:
    picture = twin(HELLO * (MAX_FRAMES + 3))
    assert f"frame {MAX_FRAMES}: " in picture
    assert picture.endswith("… 21 bytes more …")


def test_no_bytes() -> None:
    assert twin(b"") == "no bytes, no frame"


def test_empty_payload_has_no_grid() -> None:
    assert twin(b"\x81\x80\x01\x02\x03\x04").endswith("  01 02 03 04  for the payload")


def test_not_exact_hides_what_is_random_and_no_more() -> None:
    picture = draw_frames(MASKED_HELLO, exact=False)
    other = draw_frames(b"\x81\x85\0\0\0\0Hello", exact=False)
    assert (picture.html, picture.text) == (other.html, other.text)
    assert 'text "Hello" · FIN · masked · 5 bytes' in str(picture)
    assert str(picture).endswith("·· is random: a different byte on every run")


def test_tables_read_well_without_styles() -> None:
    found = rows(draw_frames(MASKED_HELLO).html)
    assert found == [
        ["FIN", "RSV1", "RSV2", "RSV3", "opcode"],
        list("10000001"),
        ["last", "–", "–", "–", "1 = text"],
        ["MASK", "length"],
        list("10000101"),
        ["masked", "5 bytes"],
        ["masking key"],
        ["37", "fa", "21", "3d"],
        ["for the payload"],
        ["on the wire", "7f", "9f", "4d", "51", "58"],
        ["XOR masking key", "37", "fa", "21", "3d", "37"],
        ["= payload", "48", "65", "6c", "6c", "6f"],
        ["as characters", *"Hello"],
    ]


def test_every_row_has_as_many_columns_as_bytes() -> None:
    payload = "ééé".encode() * 10
    html = draw_frames(bytes([0x81, len(payload)]) + payload).html
    grid = html[html.index('<table class="grid">') :]
    widths = []
    for row in grid.split("<tr")[1:]:
        cells = [attributes for tag, attributes in read_row(row) if tag == "td"]
        widths.append(sum(int(cell.get("colspan") or 1) for cell in cells))
    assert widths == [17, 16]  # the gap spans both rows


def test_a_field_of_several_bits_has_its_name_above_all_of_them() -> None:
    html = draw_frames(MASKED_HELLO).html
    for table in html.split('<table class="field">')[1:]:
        widths = {
            sum(
                int(cell.get("colspan") or 1) for tag, cell in read_row(row) if tag in ("td", "th")
            )
            for row in table.split("</table>")[0].split("<tr")[1:]
        }
        assert widths in ({8}, {4})


def read_row(row: str) -> list[tuple[str, dict[str, str | None]]]:
    return read("<tr" + row.split("</tr>")[0] + "</tr>").tags
