"""Tests of helpers/serving/static.py: a page's files, the plain replies, and their headers."""

import re
from pathlib import Path

import pytest

from helpers.serving import static


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/style.css", "text/css; charset=utf-8"),
        ("echo.html", "text/html; charset=utf-8"),
        ("/connection.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ],
)
def test_files_of_a_page(path: str, content_type: str) -> None:
    file = static.page_file(path)
    assert file
    assert file[0] == content_type
    assert file[1] == (static.PAGES / path.removeprefix("/")).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        "/nothing.css",
        "/.npmrc",
        "/package.json",
        "/node_modules",
        "/../servers/echo.py",
        "/../../README.md",
        "/./style.css",
        "/x/../style.css",
        "/..\\servers\\echo.py",
        "/C:\\Windows\\x.css",
        "/C:/x.css",
        "//etc/x.css",
        "/style.css/",
        "/style.css\0",
        "/%2e%2e/style.css",
        "/" + "a" * 5000 + ".css",
    ],
)
def test_nothing_else_is_given_away(path: str) -> None:
    assert static.page_file(path) is None


def test_a_link_out_of_the_folder_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (tmp_path / "secret.css").write_text("secret")
    try:
        (pages / "link.css").symlink_to(tmp_path / "secret.css")
    except OSError:
        pytest.skip("this system does not let us make links")
    monkeypatch.setattr(static, "PAGES", pages)
    assert static.page_file("/link.css") is None


def reply(method: str, target: str) -> static.Reply | None:
    return static.reply(method, target, server="echo", page="echo.html")


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/?x=1", 200),
        ("GET", "/style.css?v=2", 200),
        ("GET", "/healthz", 200),
        ("GET", "/nothing", 404),
        ("GET", "*", 404),
        ("POST", "/", 405),
        ("POST", "/ws", 405),
        ("DELETE", "/nothing", 405),
    ],
)
def test_replies(method: str, target: str, status: int) -> None:
    answer = reply(method, target)
    assert answer
    assert answer.status == status
    headers = dict(answer.headers)
    assert headers["Content-Length"] == str(len(answer.body))
    assert headers["Connection"] == "close"
    assert headers["Cache-Control"] == "no-store"
    assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers
    assert "frame-ancestors" not in headers["Content-Security-Policy"]
    assert headers.get("Allow") == ("GET" if status == 405 else None)


def test_a_websocket_is_left_to_the_handshake() -> None:
    assert reply("GET", "/ws") is None
    assert reply("GET", "/ws?room=1") is None
    assert static.reply("GET", "/echo", server="x", page="x", sockets=("/echo",)) is None


def test_no_page_has_what_its_policy_forbids() -> None:
    """No inline script but an import map, no inline style, nothing from another machine."""
    for page in static.PAGES.glob("*.html"):
        text = page.read_text("utf-8").replace('<script type="importmap">', "")
        assert re.findall("(?:src|href)=.*?>", text)[0] == 'src="reload.js">', page.name
        files = re.findall('<script (type="module" )?src="', text)
        assert text.count("<script") == len(files) == 2, page.name
        assert "<style" not in text, page.name
        assert " style=" not in text, page.name
        assert "://" not in text, page.name


@pytest.mark.parametrize("script", sorted(static.PAGES.glob("*.js")), ids=lambda p: p.name)
def test_what_people_type_stays_text(script: Path) -> None:
    text = script.read_text("utf-8")
    for way in (
        r"\.(inner|outer)HTML\s*\+?=[^=]",
        "insertAdjacentHTML",
        r"document\.write",
        r"\beval\(",
    ):
        assert not re.search(way, text), way
