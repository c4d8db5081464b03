"""What show() takes, what it says about everything else, and what all pictures have in common."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from helpers.pictures.draw import VIEWS, Picture, draw
from helpers.pictures.paint import BASE
from helpers.pictures.show import show
from helpers.wire.frames import Frame, Opcode
from helpers.wire.transcript import Transcript, entries
from tests.pictures.reading import read
from tests.pictures.samples import (
    HELLO,
    MASKED_HELLO,
    broken,
    refused,
    rfc_handshake,
    short_talk,
    talk,
)

DIRECT: dict[str, object] = {
    "frame": Frame(Opcode.TEXT, b"<b>&amp;</b>", mask=b"\1\2\3\4"),
    "bytes": b"\x81\x05Hello\x88\x02\x03\xe8",
    "compressed": bytes.fromhex("c107f248cdc9c90700"),
    "long": b"\x82\x7e\x01\x00" + bytes(range(256)),
    "unfinished": b"\x81\x05He",
    "bad": b"\xa1\x05Hello",
    "many frames": HELLO * 11,
    "handshake": rfc_handshake(),
    "head": b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:43121\r\n\r\n",
    "bad head": b"GET /ws HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n",
}
RECORDED: dict[str, Callable[..., Transcript]] = {
    "talk": talk,
    "short talk": short_talk,
    "refused": refused,
    "broken": broken,
}


def all_pictures() -> list[tuple[str, Picture]]:
    found = [(name, draw(what)) for name, what in DIRECT.items()]
    for name, record in RECORDED.items():
        for view in VIEWS:
            found.append((f"{name}, {view}", draw(record(), view)))
            found.append((f"{name}, {view}, exact", draw(record(), view, exact=True)))
            found.append((f"{name}, {view}, times", draw(record(), view, times=True)))
    return found


PICTURES = all_pictures()
each_picture = pytest.mark.parametrize(
    "drawn", [drawn for _, drawn in PICTURES], ids=[name for name, _ in PICTURES]
)


def signs_only(text: str) -> str:
    """Drop what only draws lines, and every space."""
    return re.sub(r"[\s─┄│▶◀…:]+", "", text)


@each_picture
def test_the_html_says_every_word_of_the_twin(drawn: Picture) -> None:
    said = signs_only(read(drawn.html).text)
    missing = [
        word for word in drawn.text.split() if signs_only(word) and signs_only(word) not in said
    ]
    assert not missing


@each_picture
def test_the_twin_says_every_word_of_the_html(drawn: Picture) -> None:
    said = signs_only(drawn.text)
    words = re.sub(r"(client→server|server→client): ", "", read(drawn.html).text).split()
    assert not [word for word in words if signs_only(word) not in said]


@each_picture
def test_nothing_in_the_html_can_run_load_or_clash(drawn: Picture) -> None:
    for tag, attributes in read(drawn.html).tags:
        assert tag not in {"script", "img", "iframe", "link", "svg", "a", "object"}
        assert not [
            name for name in attributes if name.startswith("on") or name in {"id", "style"}
        ]
    assert "url(" not in drawn.html


@each_picture
def test_the_html_is_small_and_styles_no_other_picture(drawn: Picture) -> None:
    assert len(drawn.html) < 30_000
    for kind, style in re.findall(r'<div class="wirepic (\w+)"><style>(.*?)</style>', drawn.html):
        own = style.removeprefix("".join(BASE.split("\n")))
        assert own != style
        rules = re.sub(r"@container \([^)]*\)\{(.*?\})\}", r"\1", own)
        for selectors in re.findall(r"([^{}]+)\{", rules):
            for selector in selectors.split(","):
                assert selector.startswith(f".wirepic.{kind}"), selector


@each_picture
def test_colours_of_text_are_the_themes(drawn: Picture) -> None:
    for colour in re.findall(r"(?<![-\w])color:([^;}]+)", drawn.html):
        assert colour.startswith("var(--jp-") or colour == "inherit"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", RECORDED)
def test_the_same_on_every_run(name: str, view: str) -> None:
    first, second = (draw(RECORDED[name](seed=seed), view) for seed in (1, 2))
    assert first.text == second.text
    assert first.html == second.html


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("record", [talk, refused])
def test_the_length_of_a_port_moves_nothing(record: Callable[..., Transcript], view: str) -> None:
    pictures = [draw(record(port=port), view) for port in (8765, 43121)]
    for form in ("text", "html"):
        first, second = (
            re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", getattr(drawn, form))
            for drawn in pictures
        )
        assert first == second


@pytest.mark.parametrize("view", VIEWS)
def test_user_text_stays_text(view: str) -> None:
    for options in ({}, {"exact": True}):
        html = draw(talk(), view, **options).html
        assert "<script" not in html


def test_a_tap_shows_its_transcript() -> None:
    class Tap:
        transcript = short_talk()

    shown = draw(Tap())
    assert shown.text == draw(Tap.transcript).text
    assert shown.text == draw(entries(Tap.transcript)).text
    assert shown.text == draw(list(Tap.transcript.items())).text


def test_one_connection_of_several() -> None:
    shown = str(draw(talk(connections=2), connection=2))
    assert "connection" not in shown
    assert shown.count("GET /ws HTTP/1.1") == 1
    with pytest.raises(ValueError, match=r"the recording has no connection 3, only: 1, 2"):
        draw(talk(connections=2), connection=3)
    with pytest.raises(ValueError, match=r"only a recording has connections, got connection=1"):
        draw(HELLO, connection=1)


def test_one_entry_shows_its_anatomy() -> None:
    found = entries(short_talk())
    shown = str(draw(found[3]))
    assert shown.startswith('text "Hello" · FIN · masked · 5 bytes')
    assert "·· ·· ·· ··" in shown
    assert "·· ·· ·· ··" not in str(draw(found[3], exact=True))
    assert str(draw(found[4])) == str(draw(HELLO))
    assert str(draw(found[1])).startswith("client→server request")


@pytest.mark.parametrize(
    "what",
    [
        MASKED_HELLO,
        bytearray(MASKED_HELLO),
        memoryview(MASKED_HELLO),
        Frame(Opcode.TEXT, b"Hello", mask=bytes.fromhex("37fa213d")),
        [MASKED_HELLO],
        (MASKED_HELLO[:4], MASKED_HELLO[4:]),
    ],
)
def test_frames_in_every_form(what: object) -> None:
    assert str(draw(what)).startswith('text "Hello" · FIN · masked 37 fa 21 3d · 5 bytes')


def test_bytes_as_a_dump() -> None:
    assert str(draw(HELLO, "bytes")).startswith("7 bytes\n  0000  81 05 48")


def test_heads_given_in_a_list_are_paired() -> None:
    request, response = rfc_handshake()
    verdict = "this is Sec-WebSocket-Accept"
    assert str(draw([request, response])).count(verdict) == 1
    assert str(draw([request, response, request, response])).count(verdict) == 2
    assert verdict not in str(draw([response, request]))


def test_a_head_given_as_bytes_is_a_handshake() -> None:
    request, response = rfc_handshake()
    assert str(draw(request.encode())) == str(draw(request))
    shown = str(draw(response.encode() + HELLO))
    assert "agreed: HTTP ends here" in shown
    assert 'text "Hello" · FIN · 5 bytes' in shown


def test_a_bad_head_is_drawn_as_it_is_with_the_fault() -> None:
    shown = draw(DIRECT["bad head"])
    fault = "header line must be 'Name: value', got 'Host 127.0.0.1' (RFC 9112 §5)"
    assert str(shown).startswith("36 bytes\n  0000  47 45 54")
    assert str(shown).endswith(fault)
    assert fault in read(shown.html).text


CAN_SHOW = (
    "show() draws a tap or its transcript, recorded entries, bytes, a Frame, a Request "
    "or a Response, got "
)


class Server:
    """Looks like a launched server."""

    page_url = "http://127.0.0.1:43121/"


@pytest.mark.parametrize(
    ("what", "fault"),
    [
        (42, "int"),
        (None, "NoneType"),
        ("Hello", "str; text travels as bytes: try .encode()"),
        ([HELLO, 42], "int in a list"),
        (
            Server(),
            "Server; a server has no recording: tap it with tap(…), and show the tap",
        ),
    ],
)
def test_what_cannot_be_shown(what: object, fault: str) -> None:
    with pytest.raises(TypeError) as caught:
        show(what)
    assert str(caught.value) == CAN_SHOW + fault


@pytest.mark.parametrize("what", [short_talk(), HELLO])
def test_an_unknown_view_lists_the_known_ones(what: object) -> None:
    with pytest.raises(ValueError, match=r"got 'hex'") as caught:
        show(what, "hex")
    assert str(caught.value) == (
        "view must be one of 'frames', 'bytes', 'handshake', 'sequence', got 'hex'"
    )


def test_outside_a_notebook_the_twin_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(HELLO) is None  # type: ignore[func-returns-value]
    assert capsys.readouterr().out == str(draw(HELLO)) + "\n"


def test_a_console_without_arrows_gets_question_marks() -> None:
    code = "from helpers import show; from helpers.wire.handshake import build_request as b; "
    command = [sys.executable, "-X", "utf8=0", "-c", code + "show(b('h', key='k'))"]
    environment = {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("client?server request\n")


def test_in_a_notebook_html_and_twin_are_displayed() -> None:
    from IPython.core.formatters import DisplayFormatter

    data, _ = DisplayFormatter().format(draw(HELLO))
    assert data == {"text/plain": str(draw(HELLO)), "text/html": draw(HELLO).html}


def test_only_a_shell_makes_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Picture] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    show(HELLO)  # IPython is imported here, but nothing runs in it
    assert shown == []
    monkeypatch.setattr("IPython.get_ipython", object)
    show(HELLO)
    assert shown == [draw(HELLO)]


def test_ipython_is_not_imported_to_print() -> None:
    code = "import sys; from helpers import show; show(b''); print('IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["no bytes, no frame", "False"]
