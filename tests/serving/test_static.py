"""Tests of helpers/serving/static.py, and of what every page promises."""

import json
import re
from pathlib import Path

import pytest

from helpers.serving import static


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/shared/base.css", "text/css; charset=utf-8"),
        ("echo/page.js", "text/javascript; charset=utf-8"),
        ("/shared/connection.js", "text/javascript; charset=utf-8"),
        ("/shared/icon.svg", "image/svg+xml"),
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
        "/shared",
        "/echo/index.html",
        "/../servers/echo.py",
        "/../../README.md",
        "/./shared/base.css",
        "/shared/./base.css",
        "/echo/../shared/base.css",
        "/..\\servers\\echo.py",
        "/C:\\Windows\\x.css",
        "/C:/x.css",
        "//etc/x.css",
        "/shared/base.css/",
        "/shared/base.css\0",
        "/%2e%2e/shared/base.css",
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
    return static.reply(method, target, server="echo", page="echo")


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/?x=1", 200),
        ("GET", "/shared/base.css?v=2", 200),
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


FOLDERS = sorted(path for path in static.PAGES.glob("*/") if path.name != "node_modules")
SHARED = static.PAGES / "shared"
PAGES = [folder for folder in FOLDERS if folder != SHARED]
FILES = sorted(path for folder in FOLDERS for path in folder.iterdir())
IMPORT = re.compile(r"""^(?:(?:im|ex)port\s[^'"]*from|import)\s*['"]([^'"]+)['"]""", re.MULTILINE)
INLINE_HANDLER = re.compile(r"<[^>]*\son\w+\s*=")


def name(path: Path) -> str:
    return path.relative_to(static.PAGES).as_posix()


@pytest.mark.parametrize("sockets", [("/ws",), ()], ids=["websocket", "socketio"])
def test_a_page_learns_what_serves_it(sockets: tuple[str, ...]) -> None:
    answer = static.reply("GET", "/", server="a<b", page="chat", sockets=sockets)
    assert answer
    html = answer.body.decode()
    assert "<h1>a&lt;b</h1>" in html
    assert ("./chat/websocket.js" in html) == bool(sockets)
    assert ("./chat/socketio.js" in html) == (not sockets)
    assert "{{" not in html
    policy = dict(answer.headers)["Content-Security-Policy"]
    assert policy == static.policy(answer.body), "the import map is trusted as it is sent"
    assert "'sha256-" in policy


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_has_what_its_policy_forbids(page: Path) -> None:
    """No inline script but an import map, no inline style, nothing from another machine."""
    text = (page / "index.html").read_text("utf-8")
    assert "://" not in text
    assert "<style" not in text
    assert " style=" not in text
    assert not INLINE_HANDLER.search(text)
    scripts = text.replace('<script type="importmap">', "")
    assert re.findall("(?:src|href)=.*?>", scripts)[0] == 'src="shared/reload.js">'
    files = re.findall('<script (type="module" )?src="', scripts)
    assert scripts.count("<script") == len(files) == 2


def test_an_inline_handler_is_seen() -> None:
    assert INLINE_HANDLER.search('<button type="button" onclick="alert(1)">')


@pytest.mark.parametrize("page", PAGES, ids=name)
@pytest.mark.parametrize("transport", ["websocket", "socketio"])
def test_everything_a_page_asks_for_is_there(page: Path, transport: str) -> None:
    """Without a bundler: each file of its HTML, and each module that those import."""
    body = static.page_html(page.name, server="x", transport=transport)
    maps = [json.loads(found)["imports"] for found in static.IMPORT_MAP.findall(body)]
    imports = maps[0] if maps else {}
    waiting = [static.PAGES / file for file in re.findall('(?:src|href)="(.*?)"', body.decode())]
    seen = set[Path]()
    while waiting:
        file = waiting.pop().resolve()
        assert static.page_file(name(file)), file
        if file not in seen and file.suffix in (".js", ".mjs"):
            for found in IMPORT.findall(file.read_text("utf-8")):
                base = file.parent if found.startswith(".") else static.PAGES
                waiting.append(base / (found if found.startswith(".") else imports[found]))
        seen.add(file)
    assert len(seen) > (25 if page.name == "document" else 5)
    assert page / "page.css" in seen


def test_every_file_is_used_by_a_page() -> None:
    text = "".join(path.read_text("utf-8") for path in FILES)
    text = text.replace("{{transport}}.js", "websocket.js socketio.js")
    assets = [file for file in FILES if file.suffix != ".html"]
    assert [name(file) for file in assets if f"/{file.name}" not in text] == []


def test_every_class_and_id_of_a_style_sheet_is_used() -> None:
    """By the HTML or a script of its own page, or, for a shared sheet, of any page."""
    for sheet in (path for path in FILES if path.suffix == ".css"):
        folders = FOLDERS if sheet.parent.name == "shared" else [sheet.parent, SHARED]
        users = [file for file in FILES if file.parent in folders and file.suffix != ".css"]
        words = set(re.findall(r"[\w-]+", "".join(path.read_text("utf-8") for path in users)))
        rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", sheet.read_text("utf-8"), flags=re.DOTALL)
        names = set(re.findall(r"[.#]([a-z][\w-]*)", rules))
        assert names - words == set(), name(sheet)


@pytest.mark.parametrize("script", [f for f in FILES if f.suffix == ".js"], ids=name)
def test_what_people_type_stays_text(script: Path) -> None:
    text = script.read_text("utf-8")
    for way in (
        r"\.(inner|outer)HTML\s*\+?=[^=]",
        "insertAdjacentHTML",
        r"document\.write",
        r"\beval\(",
    ):
        assert not re.search(way, text), way
