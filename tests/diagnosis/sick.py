"""A small course with an environment of its own, to be broken and cured.

Its environment is a real one, made by `venv`, which finds the packages of the one that runs the
tests; so it takes a second, not minutes.
"""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

from helpers.course.install import install_hook

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sysconfig.get_paths()["purelib"]
UNSET = {"HELPERS_PROGRESS", "PYTHONPATH", "NO_PROXY"}
METADATA = "Metadata-Version: 2.1\nName: websocket-notebooks\nVersion: 0.1.0\n"
IN_A_CELL = "from helpers import doctor; print(doctor())"


def build_course(folder: Path) -> Path:
    """Copy what the doctor looks at, and set it up; the folder."""
    without = shutil.ignore_patterns("node_modules", "__pycache__")
    shutil.copytree(ROOT / "helpers", folder / "helpers", ignore=without)
    clients = ROOT / "helpers/pages/node_modules"
    (folder / "helpers/pages/node_modules").symlink_to(clients, target_is_directory=True)
    (folder / "notebooks").mkdir()
    (folder / "my-course/mine").mkdir(parents=True)
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    (folder / "requirements.txt").write_text("\n".join(line for line in lines if line != "-e ."))
    build_environment(folder)
    return folder


def build_environment(folder: Path) -> None:
    """What `make setup` does: an environment that belongs to this folder."""
    prefix = folder / ".venv"
    shutil.rmtree(prefix, ignore_errors=True)
    base = [getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--without-pip"]
    subprocess.run([*base, str(prefix)], check=True)
    (packages,) = prefix.glob("lib/python*/site-packages")
    (packages / "_course.pth").write_text(f"{folder}\n")
    (packages / "packages.pth").write_text(f"{PACKAGES}\n")
    info = packages / "websocket_notebooks-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    shutil.copytree(Path(sys.prefix) / "etc/jupyter", prefix / "etc/jupyter")
    install_hook(str(prefix))
    script = prefix / "bin/jupyter-lab"  # as pip writes it
    script.write_text(f"#!{prefix / 'bin/python'}\nfrom jupyterlab.labapp import main\nmain()\n")
    script.chmod(0o755)


def environment(own: Path, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a terminal in which nothing is set that this test would notice."""
    clean = {k: v for k, v in os.environ.items() if k not in UNSET and "proxy" not in k.lower()}
    return {**clean, "JUPYTER_CONFIG_DIR": str(own / "config"), **(variables or {})}


def ask(
    course: Path,
    *,
    python: Path | None = None,
    cwd: str | Path = "notebooks",
    variables: Mapping[str, str] | None = None,
    in_terminal: bool = False,
    before: str = "",
    wrapper: tuple[str, ...] = (),
) -> str:
    """What the doctor says, in a cell or in a terminal.

    Args:
        course: the folder.
        python: which Python runs; the environment's by default.
        cwd: where the notebook is.
        variables: of the terminal that started JupyterLab.
        in_terminal: run it in a terminal, in the folder of the course.
        before: code that runs before, in the same kernel.
        wrapper: a command that starts it, such as one that sets a limit first.
    """
    program = str(python or course / ".venv/bin/python")
    code = ["-m", "helpers.diagnosis"] if in_terminal else ["-c", f"{before}\n{IN_A_CELL}"]
    done = subprocess.run(
        [*wrapper, program, *code],
        cwd=course if in_terminal else course / cwd,
        env=environment(course, variables),
        capture_output=True,
        text=True,
        timeout=100,
    )
    return done.stdout or done.stderr


def problem_of(said: str) -> str:
    """The advice of the one check that found a problem, in one line; commands on their own."""
    first, *lines = said.splitlines()
    assert first.startswith("1 of "), said
    found, inside = list[str](), False
    for line in lines:
        starts = re.match(r"\S.*?  +(.*)", line)
        if starts:
            inside = not re.match(r"ok\b|not checked", starts[1])
        if inside:
            found.append(starts[1] if starts else line[len(line) - len(line.lstrip()) :])
    return " ".join(found)


def commands_of(said: str) -> list[tuple[Path, str]]:
    """The commands that the advice names, each with the folder in which to run it."""
    found = re.findall(r"run in\s+(\S+):\n +(\S.*)", said)
    return [(Path(folder), command) for folder, command in dict.fromkeys(found)]


def follow(said: str, variables: Mapping[str, str] | None = None) -> None:
    """Do literally what the advice says: run its command, in its folder, in a plain shell."""
    ((folder, command),) = commands_of(said)
    env = environment(folder, variables)
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def build_wheel(folder: Path, name: str, version: str, files: Mapping[str, bytes]) -> None:
    """Write a wheel, so that pip finds a package without a network."""
    folder.mkdir(exist_ok=True)
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    about = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    wheel = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for path, content in files.items():
            file.writestr(path, content)
        for path, text in about.items():
            file.writestr(f"{info}/{path}", text)


def wheel_of_installed(folder: Path, name: str) -> str:
    """Write a wheel of a package as it is installed here; its version."""
    distribution = importlib.metadata.distribution(name)
    places = {str(path): Path(str(path.locate())) for path in distribution.files or []}
    files = {
        path: place.read_bytes()
        for path, place in places.items()
        if ".dist-info" not in path and path[0] != "." and place.is_file()
    }
    data = f"{name.replace('-', '_')}-{distribution.version}.data/data"
    for path, place in places.items():
        if "../etc/" in path:  # what goes into the environment's own folders
            files[f"{data}/etc/{path.partition('../etc/')[2]}"] = place.read_bytes()
    build_wheel(folder, name, distribution.version, files)
    return distribution.version
