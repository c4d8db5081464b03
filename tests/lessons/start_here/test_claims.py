"""What the lesson says and no cell in sight proves: each test has the sentence that it proves."""

import subprocess
import sys
from pathlib import Path

from tests.notebooks.lessons import LESSONS

LESSON = next(lesson for lesson in LESSONS if lesson.topic == "start_here")
PROGRAM = """\
import asyncio
import websockets

{echo}

async def main():
    server = {serve}
    port = server.sockets[0].getsockname()[1]
    async with websockets.connect(f"ws://127.0.0.1:{{port}}") as ws:
        await ws.send("Hello")
        print(await ws.recv())

asyncio.run(main())
"""


def test_inside_is_the_librarys_own_way(tmp_path: Path) -> None:
    """The three lines and the call that the text names are a server without the course."""
    echo = next(cell.source for cell in LESSON.code if cell.id == "5e701a03")
    serve = 'await websockets.serve(echo, "127.0.0.1", 0)'
    assert f"`{serve}`" in "".join(cell.source for cell in LESSON.notebook.cells)
    program = tmp_path / "echo.py"
    program.write_text(PROGRAM.format(echo=echo, serve=serve), "utf-8")
    ran = subprocess.run(
        [sys.executable, "-I", str(program)], capture_output=True, text=True, timeout=60
    )
    assert (ran.stdout, ran.stderr) == ("Hello\n", "")


def test_nothing_shows_most_of_the_exercise_before_it_is_tried() -> None:
    """Only the exercise asks for capitals: no cell in sight before its hint has the method."""
    before = []
    for cell in LESSON.notebook.cells:
        if cell.id == "14671ec5":  # the first hint
            break
        before.append(cell.source)
    assert "upper" not in "\n".join(before)
