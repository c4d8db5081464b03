"""Every way in which a machine can be ill: really made so, named by the doctor, and cured.

The cure is the advice, followed literally; then the doctor finds nothing any more. Advice that
does not help is worse than none.
"""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.diagnosis.doctor import WELL
from tests.diagnosis.sick import (
    METADATA,
    ask,
    build_course,
    build_environment,
    build_wheel,
    commands_of,
    follow,
    problem_of,
    wheel_of_installed,
)
from tests.disks import fill, small_disk

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its environment is POSIX's"),
    pytest.mark.thorough,
]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return build_course(tmp_path.resolve() / "course")


def is_well(said: str) -> bool:
    return said.startswith(WELL)


def test_a_healthy_one(course: Path) -> None:
    assert is_well(ask(course))
    assert is_well(ask(course, in_terminal=True))


# --- the place -----------------------------------------------------------------------------


def test_a_folder_that_was_moved(course: Path) -> None:
    moved = course.rename(course.parent / "moved")
    said = ask(moved, in_terminal=True)
    assert f"was moved here from {course}/.venv" in problem_of(said)
    delete_and_set_up(said, moved)
    assert is_well(ask(moved, in_terminal=True))
    assert is_well(ask(moved))


@pytest.mark.parametrize("runs", ["the copy's Python", "the old Python"])
def test_a_folder_that_was_copied_silently_runs_the_old_one(course: Path, runs: str) -> None:
    """`make lab` in the copy starts the old JupyterLab, which runs the old Python."""
    copy = course.parent / "copy"
    shutil.copytree(course, copy, symlinks=True)
    python = (course if runs == "the old Python" else copy) / ".venv/bin/python"
    said = ask(copy, python=python)
    part = "notebook"
    assert (
        f"this {part} is in {copy}, but the helpers that run are those in {course}"
        in problem_of(said)
    )
    delete_and_set_up(said, copy)
    assert is_well(ask(copy))
    assert is_well(ask(course))


def delete_and_set_up(said: str, course: Path) -> None:
    """Follow the advice; the set-up itself has tests of its own."""
    deleted = re.search(r"delete the folder (\S+), then", problem_of(said))
    assert deleted
    assert deleted[1] == str(course / ".venv")
    assert commands_of(said) == [(course, "make lab")]
    shutil.rmtree(deleted[1])
    build_environment(course)


def test_another_python(course: Path) -> None:
    base = Path(getattr(sys, "_base_executable", sys.executable))
    said = ask(course, python=base, in_terminal=True)
    assert "is not the one that was set up: choose the kernel Python 3" in problem_of(said)
    assert commands_of(said) == [(course, "make lab")]
    assert is_well(ask(course))  # with the kernel that `make lab` brings


def test_a_python_that_is_too_old_or_ends_kernels_is_told_so_in_readable_lines(
    course: Path,
) -> None:
    tried = 0
    for version in ("3.7.16", "3.8.18", "3.9.18", "3.10.13", "3.13.0"):
        python = Path.home() / ".pyenv/versions" / version / "bin/python"
        if python.exists():
            tried += 1
            said = ask(course, python=python, in_terminal=True)
            assert version in said
            assert "Traceback" not in said
            assert "make setup PYTHON=/path/to/python3.12" in said
            assert max(map(len, said.splitlines())) < 120
    if not tried:
        pytest.skip("no such Python is here")


# --- names ---------------------------------------------------------------------------------

FILES = [
    "my-course/socketio.py",
    "my-course/aiohttp.py",
    "my-course/websockets.py",
    "my-course/helpers.py",
    "my-course/json.py",
    "my-course/websockets",
    "my-course/mine/websockets.py",
    "notebooks/helpers.py",
    "aiohttp.py",
]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_hides_a_library(course: Path, name: str) -> None:
    file = course / name
    if file.suffix:
        file.write_text("print('mine')\n")
    else:
        file.mkdir()
        (file / "__init__.py").write_text("")
    said = ask(course, in_terminal=True)
    advice = f"{file} hides the library {file.stem}: give it another name, and restart the kernel"
    assert problem_of(said) == advice
    file.rename(file.with_name("my_" + file.name))
    assert is_well(ask(course, in_terminal=True))


@pytest.mark.parametrize("name", ["socketio.py", "websockets.py", "aiohttp.py"])
def test_a_file_that_hides_a_library_is_found_in_a_cell(course: Path, name: str) -> None:
    file = course / "my-course" / name
    file.write_text("")
    assert f"{file} hides the library" in problem_of(ask(course, cwd="my-course"))
    file.rename(file.with_name("mine.py"))
    assert is_well(ask(course, cwd="my-course"))


def test_a_library_that_comes_from_elsewhere(course: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "socketio.py").write_text("")
    said = ask(course, variables={"PYTHONPATH": str(elsewhere)})
    assert f"{elsewhere / 'socketio.py'} hides the library socketio" in problem_of(said)
    (elsewhere / "socketio.py").rename(elsewhere / "mine.py")
    assert is_well(ask(course, variables={"PYTHONPATH": str(elsewhere)}))


def test_names_that_hide_nothing(course: Path) -> None:
    for name in ("chat.py", "test.py", "notes.txt", "websockets.txt", "my_websockets.py"):
        (course / "notebooks" / name).write_text("")
    (course / "my-course/json").mkdir()  # without an __init__.py it hides nothing
    assert is_well(ask(course))


# --- packages ------------------------------------------------------------------------------


@pytest.fixture
def wheels(course: Path) -> dict[str, str]:
    """Where pip finds packages: in a folder, and nowhere else."""
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(course.parent / "wheels"),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_CONSTRAINT": "",
    }


def test_a_package_that_is_missing(course: Path, wheels: dict[str, str]) -> None:
    build_wheel(course.parent / "wheels", "tiny-thing", "2.0", {"tiny_thing.py": b""})
    (course / "requirements.txt").write_text("tiny-thing==2.0\n")
    said = ask(course)
    assert problem_of(said).startswith("missing: tiny-thing; run in")
    follow(said, wheels)
    assert is_well(ask(course))


def test_a_package_that_is_too_old(course: Path, wheels: dict[str, str]) -> None:
    for version in ("1.0", "2.0"):
        build_wheel(course.parent / "wheels", "tiny-thing", version, {"tiny_thing.py": b""})
    lock = course / "requirements.txt"
    lock.write_text("tiny-thing==1.0\n")
    follow(ask(course), wheels)
    (about,) = course.glob(".venv/lib/python*/site-packages/websocket_notebooks*/METADATA")
    about.write_text(f"{METADATA}Requires-Dist: tiny-thing>=2\n")
    lock.write_text("tiny-thing==2.0\n")
    said = ask(course)
    assert problem_of(said).startswith("too old: tiny-thing 1.0 (expected >=2); run in")
    follow(said, wheels)
    assert is_well(ask(course))


def test_a_package_that_is_half_there(course: Path, wheels: dict[str, str]) -> None:
    """pip says that it is installed already, so the advice has to say more than that."""
    version = wheel_of_installed(course.parent / "wheels", "websockets")
    (course / "requirements.txt").write_text(f"websockets=={version}\n")
    (packages,) = course.glob(".venv/lib/python*/site-packages")
    info = packages / f"websockets-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: websockets\nVersion: {version}\n"
    )
    (info / "RECORD").write_text("websockets/__init__.py,,\n")
    (packages / "websockets").mkdir()
    (packages / "websockets/__init__.py").write_text("from .legacy import gone\n")
    said = ask(course)
    assert "a library cannot be imported" in said
    first = re.sub(r"(?m)^helper server and WebSocket .*(\n .*)*", "", said).replace(
        "2 of", "1 of"
    )
    follow(first, wheels)
    assert is_well(ask(course))


def test_a_python_without_sqlite3(course: Path, tmp_path: Path) -> None:
    (tmp_path / "_sqlite3.py").write_text(
        "raise ModuleNotFoundError(\"No module named '_sqlite3'\")"
    )
    said = ask(course, variables={"PYTHONPATH": str(tmp_path)})
    advice = "this Python was built without sqlite3. Install Python 3.11 or newer"
    assert advice in problem_of(said)
    assert (course, "make setup PYTHON=/path/to/python3.12") in commands_of(said)
    assert is_well(ask(course))  # with a Python that has it


# --- the machine ---------------------------------------------------------------------------


def test_no_room_on_the_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kilobytes=100_000) as disk:
        course = build_course(disk / "course")
        assert is_well(ask(course))
        filler = fill(disk)
        said = ask(course)
        assert f"the disk of {course} is full: delete something on it" in " ".join(said.split())
        filler.unlink()
        assert is_well(ask(course))


SWEPT = "import tempfile, shutil; shutil.rmtree(tempfile.gettempdir())"


def test_a_temporary_folder_that_was_swept_away(course: Path, tmp_path: Path) -> None:
    own = tmp_path / "tmp"
    own.mkdir()
    said = ask(course, variables={"TMPDIR": str(own)}, before=SWEPT)
    advice = f"the temporary folder {own} is gone: make it again, as an empty folder"
    assert advice in problem_of(said)
    own.mkdir(exist_ok=True)
    assert is_well(ask(course, variables={"TMPDIR": str(own)}))


def test_few_open_files(course: Path) -> None:
    few = ("sh", "-c", 'ulimit -n 256; exec "$@"', "sh")
    said = problem_of(ask(course, wrapper=few))
    assert said.startswith("only 256 files may be open at once")
    enough = re.search(r"where `ulimit -Hn` prints (\d+) or more", said)
    assert enough
    assert is_well(ask(course, wrapper=("sh", "-c", 'ulimit -Sn 256; exec "$@"', "sh")))


PROXIES: dict[str, dict[str, str]] = {
    "http": {"http_proxy": "http://proxy.test:3128"},
    "ws alone": {"ws_proxy": "http://proxy.test:3128"},
    "wss alone": {"WSS_PROXY": "http://proxy.test:3128"},
    "socks": {"ALL_PROXY": "socks5://proxy.test:1080"},
    "the small letters win": {
        "HTTPS_PROXY": "http://proxy.test:3128",
        "no_proxy": "intranet.test",
        "NO_PROXY": "127.0.0.1,localhost",
    },
    "one name is left": {"http_proxy": "http://proxy.test:3128", "no_proxy": "127.0.0.1"},
}


@pytest.mark.parametrize("variables", PROXIES.values(), ids=PROXIES)
def test_a_proxy_in_between(course: Path, variables: dict[str, str]) -> None:
    said = problem_of(ask(course, variables=variables))
    advice = re.search(r"set the environment variable (\w+)=(\S+) before you start", said)
    assert advice
    cured = {**variables, advice[1]: advice[2]}
    assert is_well(ask(course, variables=cured))
    if "no_proxy" in variables:  # what was excepted before still is
        assert variables["no_proxy"] in cured["no_proxy"]


def test_no_place_for_progress(course: Path) -> None:
    (course / "file").write_text("")
    there = {"HELPERS_PROGRESS": str(course / "file/progress.json")}
    said = problem_of(ask(course, variables=there))
    assert "unset the environment variable HELPERS_PROGRESS" in said
    assert is_well(ask(course))


# --- JupyterLab ----------------------------------------------------------------------------


def test_no_hints(course: Path) -> None:
    shutil.rmtree(course / ".venv/etc/ipython")
    said = ask(course)
    assert problem_of(said).startswith("a NameError does not say which cell to run first; run in")
    follow(said)
    assert is_well(ask(course))


def test_pages_from_elsewhere_are_not_enabled(course: Path, wheels: dict[str, str]) -> None:
    wheel_of_installed(course.parent / "wheels", "jupyter-server-proxy")
    shutil.rmtree(course / ".venv/etc/jupyter")
    said = ask(course)
    assert problem_of(said).startswith("jupyter-server-proxy is not enabled; run in")
    follow(said, wheels)
    assert is_well(ask(course))


WRITE: dict[str, Callable[[Path], Path]] = {
    "in one file": lambda config: config / "jupyter_server_config.json",
    "in its own file": lambda config: config / "jupyter_server_config.d/own.json",
}


@pytest.mark.parametrize("file_in", WRITE.values(), ids=WRITE)
def test_pages_from_elsewhere_are_switched_off(
    course: Path, file_in: Callable[[Path], Path]
) -> None:
    """By a person's own file, which counts more than what the environment enables."""
    file = file_in(course / "config")
    file.parent.mkdir(parents=True)
    off = {"ServerApp": {"jpserver_extensions": {"jupyter_server_proxy": False}}}
    file.write_text(json.dumps(off))
    own_first = {"JUPYTER_PREFER_ENV_PATH": "0"}
    said = problem_of(ask(course, variables=own_first))
    named = re.search(r'switched off in (\S+): change ("\S+": false) to true there', said)
    assert named
    assert named[1] == str(file)
    file.write_text(file.read_text().replace(named[2], named[2].replace("false", "true")))
    assert is_well(ask(course, variables=own_first))
