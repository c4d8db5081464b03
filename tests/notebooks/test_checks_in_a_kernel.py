"""A kernel survives what an answer raises, and a real interrupt ends a check there at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from tests.notebooks.kernel import Kernel, as_text, errors, kernel


@pytest.fixture(scope="module")
def running() -> Iterator[Kernel]:
    with kernel() as started:
        started.text("import asyncio, contextlib, time\nfrom helpers import check")
        yield started


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit", "asyncio.CancelledError"])
@pytest.mark.parametrize("name", ["shout", "reverse", "note_typing", "tally"])
def test_what_an_answer_raises_does_not_end_the_kernel(
    running: Kernel, name: str, error: str
) -> None:
    awaited = name in ("reverse", "note_typing")
    define, wait = ("async def", "await ") if awaited else ("def", "")
    parameters = {"shout": "m", "reverse": "ws", "tally": "v, p, o"}.get(name, "s, n, t, i, on")
    running.text(f"{define} {name}({parameters}):\n    raise {error}")
    outputs = running.run(f"{wait}check.{name}({name})")
    assert errors(outputs) == []
    assert as_text(outputs).startswith("not yet: ")
    assert running.text("print('still', 'here')") == "still here\n"


SWALLOWS = """
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(0.01)
"""


@pytest.mark.skipif(os.name == "nt", reason="a kernel gets no signals there")
@pytest.mark.parametrize("name", ["shout", "reverse"])
def test_a_real_interrupt_ends_a_check(running: Kernel, name: str) -> None:
    define, wait = ("async def", "await ") if name == "reverse" else ("def", "")
    running.text(f"{define} {name}(value):\n{SWALLOWS}")
    slow = "import dataclasses, helpers.lessons.{0}.checks as checks\n"
    slow += "checks.{1} = dataclasses.replace(checks.{1}, timeout_s=60, total_s=90)"
    running.text(slow.format("websockets" if name == "reverse" else "start_here", name))
    # not by the manager, which would leave a loop of its own in the timer's thread
    timer = threading.Timer(1, running.process.send_signal, [signal.SIGINT])
    timer.start()
    began = time.monotonic()
    outputs = running.run(f"{wait}check.{name}({name})", timeout_s=60)
    assert time.monotonic() - began < 20
    assert [error.partition(":")[0] for error in errors(outputs)] == ["Interrupted"]
    assert running.text("print('still', 'here')") == "still here\n"


def test_a_plain_check_displays_one_thing(running: Kernel) -> None:
    running.text("def shout(message):\n    return message.upper() + '!'")
    for source in "check.shout(shout)", "await check.shout(shout)":
        outputs = running.run(source)
        assert [output["output_type"] for output in outputs] == ["display_data"]
        assert as_text(outputs).startswith("correct: `shout`")
