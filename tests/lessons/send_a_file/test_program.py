"""The learner's own files: naive and solved, through cuts, in a terminal, and in a browser."""

import asyncio
import hashlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from helpers.exercises.engine.program import find_templates, save
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.send_a_file import naive, solutions
from helpers.recorder.tap import tap

DEADLINE_S = 20
SOLVED: list[Any] = [solutions.chunk, solutions.receive_safely, solutions.resume_upload]
FILM = bytes(range(256)) * 4_000


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


def written(folder: Path) -> set[str]:
    """Name the files in a folder, and in the folders below it."""
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def launched() -> Server:
    return await asyncio.to_thread(launch, "mine/files.py")


def describe(name: str, data: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"type": "offer", "name": name, "size": len(data), "sha256": digest}


async def ask(ws: ClientConnection, message: str | bytes) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        await ws.send(message)
        return json.loads(await ws.recv())


async def hear(ws: ClientConnection) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        return json.loads(await ws.recv())


async def test_solved_it_stores_files_and_tells_whoever_watches(mine: Path) -> None:
    saved = save("files", SOLVED)
    assert "NAIVE = []" in saved.source
    server = await launched()
    async with connect(server.url) as watcher:
        assert await ask(watcher, '{"type": "watch"}') == {"type": "files", "names": []}
        await asyncio.wait_for(
            solutions.resume_upload(server.url, describe("film.bin", FILM), FILM), DEADLINE_S
        )
        assert await hear(watcher) == {"type": "files", "names": ["film.bin"]}
    assert (mine / "inbox" / "film.bin").read_bytes() == FILM
    # The answer may be lost: the same file again is stored already, another one is not.
    await solutions.resume_upload(server.url, describe("film.bin", FILM), FILM)
    with pytest.raises(ValueError, match="the name is taken"):
        await solutions.resume_upload(server.url, describe("film.bin", b"x"), b"x")
    assert "Traceback" not in server.log()


async def test_solved_it_stays_in_its_folder_and_says_why(mine: Path) -> None:
    save("files", SOLVED)
    server = await launched()
    for name in ("../escaped.txt", "C:escaped.txt", ".hidden", "film.part"):
        with pytest.raises(ValueError, match="not safe"):
            await solutions.resume_upload(server.url, describe(name, b"x"), b"x")
    broken = describe("broken.bin", b"something else") | {"size": 1}
    with pytest.raises(ValueError, match="wrong checksum"):
        await solutions.resume_upload(server.url, broken, b"x")
    assert written(mine) == {"files.py", ".saved.json"}


async def test_unsolved_it_lets_a_file_escape_and_loses_one_in_a_cut(mine: Path) -> None:
    save("files", [])
    server = await launched()
    assert "still naive: chunk, receive_safely, resume_upload" in server.log()
    await naive.resume_upload(server.url, describe("../escaped.txt", b"x"), b"x")
    assert (mine / "escaped.txt").read_bytes() == b"x"
    wire = tap(server)
    wire.delay(10)
    sending = asyncio.create_task(naive.resume_upload(wire.url, describe("f", FILM), FILM))
    await wire.until(lambda entries: any('"saved"' in entry.text for entry in entries))
    wire.cut()
    with pytest.raises((ConnectionClosed, OSError)):
        await sending


async def test_solved_it_goes_on_after_cuts(mine: Path) -> None:
    save("files", SOLVED)
    server = await launched()
    wire = tap(server)
    wire.delay(5)
    work = solutions.resume_upload(wire.url, describe("film.bin", FILM), FILM)
    sending = asyncio.create_task(work)
    for count in (2, 6):
        await wire.until(
            lambda entries, n=count: (  # type: ignore[misc]
                sum('"saved"' in entry.text for entry in entries) >= n or sending.done()
            )
        )
        wire.cut()
        wire.heal()
    await asyncio.wait_for(sending, DEADLINE_S)
    assert (mine / "inbox" / "film.bin").read_bytes() == FILM


async def test_a_newer_connection_takes_an_upload_over() -> None:
    save("files", SOLVED)
    server = await launched()
    async with connect(server.url) as older, connect(server.url) as newer:
        assert (await ask(older, json.dumps(describe("f", FILM))))["offset"] == 0
        assert (await ask(older, FILM[:1_000]))["offset"] == 1_000
        assert (await ask(newer, json.dumps(describe("f", FILM))))["offset"] == 1_000
        with pytest.raises(ConnectionClosedError):
            await hear(older)


async def test_cancel_forgets_what_was_saved(mine: Path) -> None:
    save("files", SOLVED)
    server = await launched()
    async with connect(server.url) as ws:
        await ask(ws, json.dumps(describe("f", FILM)))
        await ask(ws, FILM[:1_000])
        assert await ask(ws, "cancel") == {"type": "error", "reason": "cancelled"}
    assert list((mine / "inbox").iterdir()) == []


@pytest.mark.parametrize("nonsense", ["", "[]", "7", '{"type": "dance"}', b"\x80abc"])
async def test_nonsense_ends_a_connection_and_disturbs_nobody(nonsense: str | bytes) -> None:
    save("files", SOLVED)
    server = await launched()
    async with connect(server.url) as ws:
        await ws.send(nonsense)
        await asyncio.wait_for(ws.wait_closed(), DEADLINE_S)
    assert "Traceback" not in server.log()


def test_it_runs_in_a_terminal_without_the_course_and_sends_a_file(mine: Path) -> None:
    save("files", SOLVED)
    program = [sys.executable, "-u", "-I", str(mine / "files.py")]
    (mine / "note.txt").write_bytes(b"tea and cake")
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.match(r"my files: (ws://127\.0\.0\.1:\d+/ws), with", process.stdout.readline())
        assert found
        send = [*program, "--send", str(mine / "note.txt"), "--to", found[1]]
        done = subprocess.run(send, capture_output=True, text=True, timeout=DEADLINE_S)
        process.terminate()
    assert (done.stdout, done.stderr) == ("stored\n", "")
    assert (mine / "inbox" / "note.txt").read_bytes() == b"tea and cake"


def test_the_naive_functions_are_those_of_the_program() -> None:
    template = find_templates("files")[-1].read_text("utf-8")
    for function in (naive.receive_safely, naive.resume_upload):
        body = inspect.getsource(function).partition('"""')[2]
        assert body.replace('    name: str = offer["name"]\n    return folder / name', "") in (
            template.replace('    return folder / offer["name"]', "")
        )
