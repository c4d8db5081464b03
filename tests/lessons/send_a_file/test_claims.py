"""What the lesson says and no cell shows, each sentence with its test."""

import inspect
from pathlib import PureWindowsPath

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from helpers.wire.frames import Frame, Opcode

MASK = b"\x37\xfa\x21\x3d"


def test_the_limit_of_1_mib_is_that_of_websockets() -> None:
    for function in (serve, connect):
        assert inspect.signature(function).parameters["max_size"].default == 2**20


def test_send_waits_while_more_than_32_kib_wait() -> None:
    for function in (serve, connect):
        assert inspect.signature(function).parameters["write_limit"].default == 32 * 2**10


def test_a_chunk_of_50_000_bytes_costs_8_more() -> None:
    chunk = bytes(50_000)
    frame = Frame(Opcode.BINARY, chunk, mask=MASK).encode()
    assert len(frame) - len(chunk) == 8
    assert len(Frame(Opcode.BINARY, chunk).encode()) - len(chunk) == 4


def test_a_name_that_is_repaired_once_leads_up_again() -> None:
    assert "....//".replace("../", "") == "../"


def test_c_x_is_a_path_on_windows() -> None:
    assert PureWindowsPath("D:/inbox") / "C:x" == PureWindowsPath("C:x")


def test_isprintable_finds_line_breaks_and_what_is_invisible() -> None:
    for character in "\n\0\x1b\u202e\u200b\u2028":
        assert not f"a{character}b".isprintable()
    assert "夏 休み résumé.txt".isprintable()
