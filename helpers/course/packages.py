"""Install requirements.txt with pip, and show how far it is: `python -m helpers.course.packages`.

pip alone is either silent for most of a minute or prints hundreds of lines. This counts: the
packages that pip has fetched, and then those that are in the environment. It needs nothing but
the standard library, because it runs before anything is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["PIP", "install_packages", "pip_environment"]

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.txt"
PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-color", "--no-input")
#: Settings that send packages somewhere else than into the environment.
ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_NO_DEPS", "PIP_QUIET")
LOOK_S = 0.2
#: Where a line cannot be written over, one is written so often.
SAY_S = 10.0


def pip_environment() -> dict[str, str]:
    """Return the environment for pip, in which it installs into this environment only."""
    kept = {key: value for key, value in os.environ.items() if key not in ELSEWHERE}
    return kept | {"PIP_USER": "0"}


def install_packages(lock: Path = LOCK) -> int:
    """Install all packages, with a line that says how far it is.

    Args:
        lock: the list of packages.

    Returns:
        pip's exit status; if it is not 0, what pip said is on stderr.
    """
    wanted = sum(1 for line in lock.read_text("utf-8").splitlines() if line[:1].isalnum())
    command = [sys.executable, *PIP, "--progress-bar=off", "-r", str(lock)]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"  # a file, which is read while pip writes it
        with open(log, "wb") as file:
            pip = subprocess.Popen(
                command,
                cwd=lock.parent,
                env=pip_environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            _watch(pip, log, wanted)
        except BaseException:
            pip.kill()
            pip.wait()
            raise
        if pip.returncode:
            sys.stderr.write("".join(_last_lines(log)))
        return pip.returncode


def _watch(pip: subprocess.Popen[bytes], log: Path, wanted: int) -> None:
    """Show how far pip is, until it ends."""
    show = _shower()
    while pip.poll() is None:
        show(_how_far(log, wanted))
        time.sleep(LOOK_S)
    show("")


def _how_far(log: Path, wanted: int) -> str:
    """Say what pip is doing, by what it has said and what is in the environment."""
    said = Path(log).read_text("utf-8", "replace")
    if "Installing collected packages" in said:
        there = len(list(Path(sysconfig.get_path("purelib")).glob("*.dist-info")))
        return f"installing packages: {min(there, wanted)} of {wanted}"
    names = [line.split()[1] for line in said.splitlines() if line.startswith("Collecting ")]
    return f"fetching packages: {len(names)} of {wanted}" if names else "asking for packages"


def _shower() -> Callable[[str], None]:
    """Make the function that shows a line: over the last one, or below it now and then."""
    written: list[float] = []

    def over(line: str) -> None:
        sys.stdout.write(f"\r\x1b[K{line}")
        sys.stdout.flush()

    def below(line: str) -> None:
        if line and (not written or time.monotonic() - written[-1] > SAY_S):
            print(line, flush=True)
            written.append(time.monotonic())

    return over if sys.stdout.isatty() and os.name != "nt" else below


def _last_lines(log: Path, most: int = 30) -> list[str]:
    lines = log.read_text("utf-8", "replace").splitlines(keepends=True)
    return [line for line in lines if not line.startswith(("Collecting", "  "))][-most:]


if __name__ == "__main__":
    sys.exit(install_packages())
