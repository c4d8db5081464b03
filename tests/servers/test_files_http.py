"""Downloads from the files server by HTTP: whole, in part, and never as a page of ours."""

import asyncio
import contextlib
import http.client
import secrets
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import psutil
import pytest

from helpers.launcher import Server
from helpers.servers.files.http_download import Part, disposition, find_part
from helpers.servers.files.store import File
from tests.servers.files_client import client
from tests.servers.raw_client import RawClient

DATA = secrets.token_bytes(200_000)
DEADLINE_S = 20


class Served(NamedTuple):
    """A server with a file."""

    server: Server
    file: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/download/{self.file['id']}"

    def get(self, path: str = "", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        """Ask for the file, or for another path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=DEADLINE_S)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request("GET", path or self.path, headers=fields)
            response = connection.getresponse()
            return response, response.read()

    def connections(self) -> int:
        """Count the connections that the server has."""
        process = psutil.Process(self.server.pid)
        return sum(each.status == "ESTABLISHED" for each in process.net_connections("tcp"))


async def upload(server: Server, name: str, data: bytes) -> dict[str, Any]:
    async with client(server.url) as one:
        await one.join(f"sender of {len(data)}")
        return await one.upload("1", name, data)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Server("files", ("--stall-s=0.3",)) as server:
        server.start()
        yield Served(server, asyncio.run(upload(server, "résumé.html", DATA)))


def test_a_file_is_an_attachment_and_never_a_page(served: Served) -> None:
    response, body = served.get()
    assert (response.status, body) == (200, DATA)
    headers = {name.lower(): value for name, value in response.getheaders()}
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["content-disposition"] == (
        "attachment; filename=\"r_sum_.html\"; filename*=UTF-8''r%C3%A9sum%C3%A9.html"
    )
    assert headers["content-length"] == str(len(DATA))
    assert headers["etag"] == f'"{served.file["sha256"]}"'


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=150000-", 150_000, len(DATA)),
        ("bytes=-1000", len(DATA) - 1_000, len(DATA)),
        ("bytes=199999-500000", 199_999, len(DATA)),
        ("bytes=-900000", 0, len(DATA)),
    ],
)
def test_a_part_of_a_file(served: Served, asked: str, start: int, end: int) -> None:
    response, body = served.get(Range=asked)
    assert (response.status, body) == (206, DATA[start:end])
    assert response.getheader("Content-Range") == f"bytes {start}-{end - 1}/{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=200000-", "bytes=-0", "bytes=900000-900001"])
def test_a_part_that_is_not_there(served: Served, asked: str) -> None:
    response, _ = served.get(Range=asked)
    assert response.status == 416
    assert response.getheader("Content-Range") == f"bytes */{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,5-6"])
def test_what_is_not_understood_gets_all_of_it(served: Served, asked: str) -> None:
    response, body = served.get(Range=asked)
    assert (response.status, len(body)) == (200, len(DATA))


def test_the_rest_of_another_file_is_not_sent(served: Served) -> None:
    same, body = served.get(Range="bytes=100-", If_Range=f'"{served.file["sha256"]}"')
    assert (same.status, body) == (206, DATA[100:])
    other, body = served.get(Range="bytes=100-", If_Range='"something else"')
    assert (other.status, body) == (200, DATA)


@pytest.mark.parametrize(
    "path",
    ["/download/", "/download/../files.sqlite3", "/download/nothing", "/download/%2e%2e%2f"],
)
def test_what_is_not_a_file_is_not_found(served: Served, path: str) -> None:
    response, body = served.get(path)
    assert response.status == 404
    assert len(body) < 200


def test_a_path_that_is_not_utf_8_disturbs_nothing(served: Served) -> None:
    for path in (
        b"/download/\xff\xfe",
        b"/download/%ff%fe",
        b"/download/%00",
        b"/download/%ed%a0%80",
    ):
        with RawClient(served.server.port) as raw:
            assert raw.ask(b"GET " + path + b" HTTP/1.1\r\nHost: HOST\r\n\r\n") in (400, 404)
    assert "Traceback" not in served.server.log()


def test_other_methods_and_other_hosts_are_refused(served: Served) -> None:
    path = served.path.encode()
    for head, status in [
        (b"POST " + path + b" HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n", 405),
        (b"GET " + path + b" HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    ]:
        with RawClient(served.server.port) as raw:
            assert raw.ask(head) == status


def test_whoever_reads_nothing_is_given_up(served: Served) -> None:
    size = 20_000_000
    file = asyncio.run(upload(served.server, "big", bytes(size)))
    with RawClient(served.server.port, receive_bytes=4096) as raw:
        path = f"/download/{file['id']}"
        raw.send(f"GET {path} HTTP/1.1\r\nHost: {raw.host}\r\n\r\n".encode())
        assert raw.socket.recv(1)
        deadline = time.monotonic() + DEADLINE_S
        while served.connections() and time.monotonic() < deadline:
            assert served.get("/healthz")[0].status == 200  # others are served meanwhile
        assert served.connections() == 0
        seen = 0
        with contextlib.suppress(ConnectionError):
            while data := raw.socket.recv(65_536):
                seen += len(data)
        assert seen < size


def test_a_name_cannot_end_its_header() -> None:
    assert disposition('a".html') == "attachment; filename=\"a_.html\"; filename*=UTF-8''a%22.html"
    assert "\n" not in disposition("a\r\nX: y")


FILE = File("id", 1, "1", "a", 10, 10, "sum", 0.0, "Alice")


@pytest.mark.parametrize(
    ("asked", "part"), [("bytes=0-0", Part(0, 1)), ("bytes=9-", Part(9, 10)), ("", None)]
)
def test_the_part_that_is_asked_for(asked: str, part: Part | None) -> None:
    request: Any = SimpleNamespace(headers={"Range": asked} if asked else {})
    assert find_part(request, FILE) == part
