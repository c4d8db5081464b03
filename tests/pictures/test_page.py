"""Pages in a notebook: what stands in the output, and how it reads without scripts."""

from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from helpers import launch, page, stop_all
from helpers.launcher import LaunchError, Server, list_servers
from helpers.pictures.page import PICTURES, address, picture_of


class Tags(HTMLParser):
    """The tags of a page and their attributes, and the text that a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.seen = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        if self.tags[-1][0] != "script":
            self.seen += data

    def places(self) -> list[dict[str, str | None]]:
        """Where the script puts frames."""
        return [each for each in self.all("div") if "data-helpers-page" in each]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


class Tap:
    """Stands for what has a page, and is no server."""

    name = "tap of echo"
    page_url = "http://127.0.0.1:2345/"


@pytest.fixture
def server() -> Iterator[Server]:
    with launch("echo") as server:
        yield server
    stop_all()


def test_one_page(server: Server) -> None:
    picture = page(server)
    assert str(picture) == f"echo: {server.page_url}"
    html = Tags(picture.html)
    (frame,), (link,) = html.places(), html.all("a")
    assert frame["title"] == "echo"
    assert frame["data-helpers-page"] == link["href"] == server.page_url
    assert frame["data-helpers-probe"] == f"{server.page_url}healthz"
    assert html.all("iframe") == []  # the script adds it, in JupyterLab alone
    assert (link["target"], link["rel"]) == ("_blank", "noopener")


def test_without_frames_and_scripts_it_still_reads_well(server: Server) -> None:
    html = Tags(page(server, server, captions=("Alice", "Bob")).html)
    line = f"{server.page_url} (opens in a new tab)"
    assert html.seen == f"Alice{line}Bob{line}"
    assert [image["alt"] for image in html.all("img")] == [
        "Alice: a page, as it looks in JupyterLab",
        "Bob: a page, as it looks in JupyterLab",
    ]


def test_no_address_in_it_is_asked_for_by_itself(server: Server) -> None:
    for picture in (page(server, server.page_url), page(Tap())):
        html = Tags(picture.html)
        assert not {tag for tag, _ in html.tags} & {"iframe", "link", "object", "embed"}
        for _, attributes in html.tags:
            assert "url(" not in str(attributes.get("style"))
            assert str(attributes.get("src", "data:")).startswith("data:")


def test_a_page_that_nobody_has_pictured_says_where_it_is() -> None:
    html = Tags(page("http://127.0.0.1:1/").html)
    assert html.seen.startswith("pageIn JupyterLab, the page itself is here.")
    assert html.all("img") == []


@pytest.mark.parametrize("name", ["../../../etc/passwd", "mine/chat.py", "", None])
def test_a_name_leads_to_no_other_file(name: str | None) -> None:
    assert picture_of(SimpleNamespace(name=name)) == ""


def test_every_page_of_the_course_has_a_small_picture() -> None:
    for name in list_servers():
        with Server(name) as server:
            server.start()
            with suppress(HTTPError), urlopen(server.page_url) as answer:
                if "text/html" in answer.headers["Content-Type"]:
                    assert (PICTURES / f"{name}.webp").is_file(), "make screenshots, with `stored`"
    pictures = list(PICTURES.iterdir())
    assert {path.stem for path in pictures} <= {*list_servers(), "live"}
    assert max(path.stat().st_size for path in pictures) <= 40_000


def test_two_pages_with_captions(server: Server) -> None:
    picture = page(server, Tap(), captions=("Alice", "<Bob>"), path="/room?x=1", height=200)
    assert str(picture).splitlines() == [
        f"Alice: {server.page_url}room?x=1",
        "<Bob>: http://127.0.0.1:2345/room?x=1",
    ]
    frames = Tags(picture.html).places()
    assert [frame["title"] for frame in frames] == ["Alice", "<Bob>"]
    assert [frame["data-helpers-height"] for frame in frames] == ["200", "200"]
    assert "<Bob>" not in picture.html


def test_each_page_may_have_a_path_of_its_own(server: Server) -> None:
    picture = page(server, server, captions=("A", "B"), path=("?name=Alice", "?name=B b&c"))
    url = server.page_url
    assert str(picture) == f"A: {url}?name=Alice\nB: {url}?name=B b&c"
    frames = Tags(picture.html).places()
    wanted = [f"{url}?name=Alice", f"{url}?name=B b&c"]
    assert [frame["data-helpers-page"] for frame in frames] == wanted
    assert [frame["data-helpers-probe"] for frame in frames] == [f"{url}healthz"] * 2


def test_only_a_launched_server_is_asked_whether_it_can_be_reached(server: Server) -> None:
    """A tap would record the question, and a learner's own server would have to answer it."""
    frames = Tags(page(Tap(), "http://127.0.0.1:1/").html).places()
    assert [frame["data-helpers-probe"] for frame in frames] == [f"{server.page_url}healthz"] * 2


def test_each_launched_server_is_asked_itself(server: Server) -> None:
    other = launch("handmade")
    frames = Tags(page(other, server).html).places()
    wanted = [f"{other.page_url}healthz", f"{server.page_url}healthz"]
    assert [frame["data-helpers-probe"] for frame in frames] == wanted


def test_with_no_server_nobody_is_asked() -> None:
    stop_all()
    (frame,) = Tags(page(Tap()).html).places()
    assert "data-helpers-probe" not in frame


def test_the_same_but_for_the_port(server: Server) -> None:
    first = page(server).html.replace(str(server.port), "PORT")
    again = launch("echo")
    assert page(again).html.replace(str(again.port), "PORT") == first


def test_one_caption_may_be_a_string() -> None:
    assert str(page(Tap(), captions="Alice")) == "Alice: http://127.0.0.1:2345/"


def test_captions_are_one_for_each_page() -> None:
    with pytest.raises(ValueError, match="expected 2 captions, one for each page, got 1"):
        page(Tap(), Tap(), captions=("Alice",))


def test_paths_are_one_for_each_page() -> None:
    with pytest.raises(ValueError, match="expected 2 paths, one for each page, got 1"):
        page(Tap(), Tap(), path=("?name=Alice",))


@pytest.mark.parametrize("target", [None, 3, "echo", "ws://127.0.0.1:1/ws", "", b"http://x/"])
def test_what_has_no_page_is_refused(target: object) -> None:
    with pytest.raises(TypeError, match=r"^expected a server from launch\(\), a tap, or an addr"):
        page(target)


def test_a_stopped_server_says_which_cell_to_run(server: Server) -> None:
    server.stop()
    with pytest.raises(LaunchError, match=r"^the echo server is stopped; run the cell with lau"):
        page(server)


@pytest.mark.parametrize(
    ("target", "path", "expected"),
    [
        ("http://127.0.0.1:8000/", "/", "/user/alice/proxy/8000/"),
        ("http://127.0.0.1:8000", "/", "/user/alice/proxy/8000/"),
        ("http://localhost:8000/a?b=c", "/", "/user/alice/proxy/8000/a?b=c"),
        ("http://127.0.0.1:8000/", "/room", "/user/alice/proxy/8000/room"),
        ("http://127.0.0.1:8000/", "?name=Al", "/user/alice/proxy/8000/?name=Al"),
        ("http://127.0.0.1:8000", "?name=Al", "/user/alice/proxy/8000/?name=Al"),
        ("https://example.org/", "/", "https://example.org/"),
    ],
)
@pytest.mark.parametrize("prefix", ["/user/alice/", "/user/alice"])
def test_on_a_hub_pages_go_through_its_proxy(
    monkeypatch: pytest.MonkeyPatch, target: str, path: str, expected: str, prefix: str
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", prefix)
    assert address(target, path) == expected
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX")
    assert address(target).startswith("http")
