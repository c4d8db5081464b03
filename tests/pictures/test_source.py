"""Source as a picture: found by name or by object, plain in the twin, coloured in the HTML."""

from __future__ import annotations

import functools
import html
import inspect
import re
from pathlib import Path

import pytest

import helpers.wire.frames
from helpers.pictures.source import ROOT, show_source, source_picture
from helpers.wire.frames import Frame, apply_mask
from tests.pictures.reading import read

FRAMES = ROOT / "helpers" / "wire" / "frames.py"


def test_a_server_by_name() -> None:
    text = str(source_picture("echo"))
    assert text.startswith("# helpers/servers/echo.py\n")
    assert text.endswith((ROOT / "helpers/servers/echo.py").read_text("utf-8").rstrip())


@pytest.mark.parametrize("what", ["helpers.wire.frames", helpers.wire.frames])
def test_a_module(what: object) -> None:
    text = str(source_picture(what))
    assert text == "# helpers/wire/frames.py\n" + FRAMES.read_text("utf-8").rstrip("\n")


@pytest.mark.parametrize("what", [apply_mask, "helpers.wire.frames.apply_mask"])
def test_a_function(what: object) -> None:
    expected = "# helpers/wire/frames.py\n" + inspect.getsource(apply_mask).rstrip("\n")
    assert str(source_picture(what)) == expected


def test_a_class_and_a_method_without_its_indent() -> None:
    assert "class Frame:\n" in str(source_picture(Frame))
    assert "\ndef encode(self) -> bytes:\n    " in str(source_picture(Frame.encode))


def test_a_wrapped_function_is_unwrapped() -> None:
    @functools.wraps(apply_mask)
    def wrapper(payload: bytes, mask: bytes) -> bytes:
        return apply_mask(payload, mask)

    assert str(source_picture(wrapper)) == str(source_picture(apply_mask))


def test_a_launched_server() -> None:
    class Server:
        name = "echo"
        page_url = "http://127.0.0.1:43121/"

    assert str(source_picture(Server())) == str(source_picture("echo"))


def test_line_numbers_are_the_files() -> None:
    text = str(source_picture(apply_mask, numbers=True)).splitlines()[1]
    number, line = re.fullmatch(r"(\d+)  (.*)", text).groups()  # type: ignore[union-attr]
    assert FRAMES.read_text("utf-8").splitlines()[int(number) - 1] == line


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("what", ["echo", "helpers.wire.frames", Frame, "helpers.pictures.paint"])
def test_the_html_is_the_twin_coloured(what: object, numbers: bool) -> None:
    picture = source_picture(what, numbers=numbers)
    assert read(picture.html).text.strip() == picture.text.strip()
    assert len(picture.html) < 3 * len(picture.text) + 3_000


def test_code_is_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil_module.py").write_text('x = "<script>alert(1)</script>" if 1 < 2 else 0\n')
    monkeypatch.syspath_prepend(tmp_path)
    picture = source_picture("evil_module")
    assert "<script>" not in picture.html
    assert html.escape("<script>") in picture.html
    assert not picture.text.startswith("#")  # it is no file of this project


def test_colours_follow_the_theme() -> None:
    colours = re.findall(r"(?<![-\w])color:([^;}]+)", source_picture(Frame).html)
    assert all(colour.startswith("var(--jp-") or colour == "inherit" for colour in colours)


@pytest.mark.parametrize("name", ["nope", "", "a..b", "helpers.wire.frames.nope", "../x"])
def test_an_unknown_name_lists_the_servers(name: str) -> None:
    with pytest.raises(ValueError, match="unknown server or module") as caught:
        show_source(name)
    assert repr(name) in str(caught.value)
    assert "echo, files, handmade" in str(caught.value).partition("servers: ")[2]


@pytest.mark.parametrize("what", [42, len, None, object()])
def test_what_has_no_source(what: object) -> None:
    with pytest.raises(TypeError, match="needs a name, a module, a function or a class"):
        show_source(what)


def test_show_source_prints_outside_a_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    show_source(apply_mask)
    assert capsys.readouterr().out.startswith("# helpers/wire/frames.py\ndef apply_mask(")
