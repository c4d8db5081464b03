"""A kernel that begins with 256 open files, as on macOS, and one that may not have more."""

import subprocess
import sys

import nbformat
import pytest

from helpers.kernel.files import ENOUGH
from tests.notebooks.kernel import NOTEBOOKS, kernel
from tests.notebooks.kernel import errors as errors_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")

SOFT = ("sh", "-c", 'ulimit -Sn 256; exec "$@"', "sh")
HARD = ("sh", "-c", 'ulimit -n 256; exec "$@"', "sh")
LIMIT = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
SETUP = "from helpers import launch, stop_all"


def test_a_kernel_raises_its_own_limit_and_says_nothing() -> None:
    with kernel(wrapper=SOFT) as lesson:
        assert lesson.run(SETUP) == []
        assert int(lesson.text(LIMIT)) >= ENOUGH


@pytest.mark.thorough
def test_the_lesson_on_votes_works() -> None:
    (path,) = NOTEBOOKS.glob("*_live_voting.ipynb")
    notebook = nbformat.read(path, 4)
    with kernel(wrapper=SOFT) as lesson:
        for cell in notebook.cells:
            if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get(
                "tags", []
            ):
                assert errors_of(lesson.run(cell.source)) == [], cell.source


def test_what_a_kernel_starts_may_have_more() -> None:
    with kernel(wrapper=SOFT) as lesson:
        shown = lesson.text(
            f"{SETUP}\nwith launch('vote') as server:\n    "
            "print(open(f'/proc/{server.pid}/limits').read() if __import__('sys').platform == "
            "'linux' else 'Max open files 12000')"
        )
    (line,) = [line for line in shown.splitlines() if line.startswith("Max open files")]
    assert int(line.split()[3]) >= ENOUGH


def test_a_hard_limit_is_said_once_with_what_to_do() -> None:
    with kernel(wrapper=HARD) as lesson:
        (said,) = lesson.run(SETUP)
        assert said["name"] == "stderr"
        assert said["text"].startswith("only 256 files may be open at once, and lessons with many")
        assert said["text"].count("\n") == 1  # one line, once
        assert lesson.run("1 + 1")[0]["output_type"] == "execute_result"
        assert lesson.run("import helpers") == []


def test_the_advice_cures_it() -> None:
    """A terminal where `ulimit -Hn` prints enough, though the one before had fewer."""
    code = "from helpers.kernel.files import too_few_files; print(too_few_files())"
    script = f"""
(ulimit -n 256; '{sys.executable}' -c '{code}')
test "$(ulimit -Hn)" = unlimited || test "$(ulimit -Hn)" -ge {ENOUGH} || exit 1
ulimit -Sn 256; '{sys.executable}' -c '{code}'"""
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    ill, well = done.stdout.splitlines()
    assert ill.startswith("only 256 files may be open at once")
    assert f"where `ulimit -Hn` prints {ENOUGH} or more" in ill
    assert well == "None"
