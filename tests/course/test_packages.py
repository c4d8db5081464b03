"""pip's work is shown as it goes, into the environment alone, and its errors are not swallowed."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from helpers.course import packages

ROOT = Path(__file__).resolve().parents[2]


def test_it_counts_what_pip_has_asked_for_and_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.write_text("")
    assert packages._how_far(log, 3) == "asking for packages"
    log.write_text("Collecting a==1 (from -r x)\n  Downloading a\nCollecting b\n")
    assert packages._how_far(log, 3) == "fetching packages: 2 of 3"
    log.write_text(log.read_text() + "Installing collected packages: b, a\n")
    (tmp_path / "a-1.dist-info").mkdir()
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    assert packages._how_far(log, 3) == "installing packages: 1 of 3"


def test_an_error_of_pip_is_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("./there-is-no-such-package\n")
    assert packages.install_packages(lock) != 0
    assert "there-is-no-such-package" in capfd.readouterr().err


def test_a_persons_settings_do_not_send_packages_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A real pip, in an environment of its own: PIP_USER once made it refuse."""
    project = tmp_path / "sample"
    project.mkdir()
    wheel = project / "sample-1-py3-none-any.whl"
    make_wheel(wheel)
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"sample @ {wheel.as_uri()}\n")
    venv.create(tmp_path / "env", with_pip=True, symlinks=os.name != "nt")
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    code = "from helpers.course.packages import install_packages as i; import pathlib, sys; "
    code += f"sys.exit(i(pathlib.Path({str(lock)!r})))"
    told = {"PIP_USER": "1", "PIP_TARGET": str(tmp_path / "target"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python, "-c", code], env={**os.environ, **told}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "asking for packages"
    found = subprocess.run(
        [python, "-c", "import sample; print(sample.__file__)"], capture_output=True
    )
    assert str(tmp_path / "env") in found.stdout.decode()
    assert not (tmp_path / "target").exists()


def make_wheel(path: Path) -> None:
    """Make a package of one empty module."""
    import zipfile

    info = "sample-1.dist-info"
    files = {
        "sample.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: sample\nVersion: 1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)


def test_it_needs_the_standard_library_alone() -> None:
    code = "import sys; import helpers.course.packages; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tops = {name.partition(".")[0] for name in done.stdout.split()}
    ours = {"helpers", "__main__"}
    assert {
        t for t in tops - ours - set(sys.stdlib_module_names) if not t.startswith("_")
    } == set()
