"""Which notebooks are open in a JupyterLab of this machine: they must not change under it.

Every Jupyter server writes down where it is and what its root is; asked for its sessions, it names
the notebooks that have a kernel. One that does not answer in time, or not to us, is passed over.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from helpers.course.notebook import CourseError

__all__ = ["find_open", "require_closed"]

ANSWER_S = 3.0


def require_closed(copy: Path, names: Iterable[str]) -> None:
    """Refuse to go on while one of these files is open in JupyterLab.

    Args:
        copy: the learner's copy.
        names: files within it.

    Raises:
        CourseError: one is open; the message says what to do.
    """
    paths = {(copy / name).resolve() for name in names}
    found = sorted(path.name for path in set(find_open()) & paths)
    if found:
        what = f"{', '.join(found)} {'is' if len(found) == 1 else 'are'} open in JupyterLab"
        raise CourseError(
            f"{what}; nothing was changed. There, save, and choose File ▸ Close and Shut Down "
            "Notebook; then run the same command again"
        )


def find_open() -> Iterator[Path]:
    """Find every notebook that has a kernel, on all Jupyter servers of this person."""
    for server in _servers():
        for session in _sessions(server):
            path = session.get("path") if isinstance(session, dict) else None
            if isinstance(path, str) and session.get("type") == "notebook":
                yield (Path(server["root_dir"]) / path).resolve()


def _servers() -> list[Mapping[str, Any]]:
    try:
        from jupyter_server.serverapp import list_running_servers

        return list(list_running_servers())
    except Exception:  # no Jupyter here, or a file of its that cannot be read
        return []


def _sessions(server: Mapping[str, Any]) -> list[Any]:
    headers = {"Authorization": f"token {server.get('token', '')}"}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        request = urllib.request.Request(f"{server['url']}api/sessions", headers=headers)
        with opener.open(request, timeout=ANSWER_S) as answer:
            found = json.load(answer)
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return []
    return found if isinstance(found, list) else []
