"""Which Pythons the course runs on: one rule, for make, for pip and for the doctor."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from helpers.course.pythons import BROKEN, OLDEST, explain

ROOT = Path(__file__).resolve().parents[2]
MAKE = shutil.which("make")
FAULT = "it may end the kernel while it shows an error (python/cpython#125723, fixed in 3.13.6)"
KEPT = """\
kept = []
def parse(frame_is):
    try:
        raise ValueError
    except ValueError as error:
        kept.append(error)
    yield
generator = parse("mine")
next(generator)
del generator
print(kept[0].__traceback__.tb_frame.f_locals["frame_is"])
"""


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ((3, 10, 13), "Python 3.11 or newer is needed, got 3.10.13"),
        ((2, 7, 18), "Python 3.11 or newer is needed, got 2.7.18"),
        ((3, 13, 0), f"Python 3.13.0 cannot be used: {FAULT}"),
        ((3, 13, 5), f"Python 3.13.5 cannot be used: {FAULT}"),
        ((3, 11, 0), None),
        ((3, 12, 1), None),
        ((3, 13, 6), None),
        ((3, 14, 0), None),
    ],
)
def test_why_a_python_is_not_used(version: tuple[int, ...], reason: str | None) -> None:
    assert explain(version) == reason


def test_this_python_has_no_frame_that_points_nowhere() -> None:
    """What the broken ones do: they print something else, or end with SIGSEGV."""
    done = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "mine\n")


def test_pip_knows_it_too() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = SpecifierSet(project["requires-python"])
    refused = {str(specifier.version) for specifier in wanted if specifier.operator == "!="}
    assert refused == {".".join(map(str, version)) for version in BROKEN}
    assert ".".join(map(str, OLDEST)) in wanted
    assert "3.10.13" not in wanted


#: Answers as a Python of some version does when make asks it.
FAKE = """\
#!/bin/sh
case "$1" in
  helpers/course/pythons.py) exec {python} -c '
import sys; sys.path.insert(0, "{root}")
from helpers.course.pythons import explain
sys.exit(explain({version}))';;
  *) echo "used $0"; exit 1;;
esac
"""


@pytest.mark.skipif(not MAKE or os.name == "nt", reason="needs make and sh")
@pytest.mark.parametrize(
    ("versions", "named", "said"),
    [
        (
            {"python3": (3, 13, 0), "python3.12": (3, 12, 1)},
            "",
            [
                f"passed over: Python 3.13.0 cannot be used: {FAULT}",
                "setting up .venv with python3.12",
            ],
        ),
        (
            {"python3": (3, 13, 0), "python3.13": (3, 13, 0), "python": (3, 9, 2)},
            "",
            [
                f"passed over: Python 3.13.0 cannot be used: {FAULT}",
                "passed over: Python 3.11 or newer is needed, got 3.9.2",
                "No Python that can be used was found. Install Python 3.11 or newer",
            ],
        ),
        (
            {"python3": (3, 11, 7), "python3.13": (3, 13, 0)},
            "python3.13",
            [
                f"passed over: Python 3.13.0 cannot be used: {FAULT}",
                "python3.13 cannot be used. Install Python 3.11 or newer",
            ],
        ),
        ({"python3": (3, 11, 7)}, "", ["setting up .venv with python3:"]),
    ],
)
def test_set_up_passes_over_a_python_and_says_why(
    tmp_path: Path, versions: dict[str, tuple[int, ...]], named: str, said: list[str]
) -> None:
    for folder in ("bin", "helpers/course", "helpers/pages"):
        (tmp_path / folder).mkdir(parents=True)
    for name in (
        "Makefile",
        "requirements.txt",
        "pyproject.toml",
        "helpers/pages/package-lock.json",
        "helpers/course/install.py",
        "helpers/course/pythons.py",
    ):
        shutil.copy2(ROOT / name, tmp_path / name)
    for tool in ("make", "sh", "uniq", "id", "rm", "sort"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    for name, version in versions.items():
        fake = tmp_path / "bin" / name
        fake.write_text(FAKE.format(python=sys.executable, root=ROOT, version=version))
        fake.chmod(0o755)
    command = [str(MAKE), "setup", *([f"PYTHON={named}"] if named else [])]
    clean = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert [line[: len(start)] for line, start in zip(lines, said, strict=False)] == said
    assert done.returncode
