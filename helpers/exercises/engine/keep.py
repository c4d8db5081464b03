"""Writes a program into the learner's folder, and keeps one that they have changed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

__all__ = ["RECORD", "write"]

RECORD = ".saved.json"  # what was written last, so that a changed file is never overwritten


def write(folder: Path, name: str, source: str) -> str:
    """Write a program, and keep a file that was changed since it was written last.

    Args:
        folder: where to; it is made if it is missing.
        name: of the program.
        source: what to write.

    Returns:
        The name under which a changed file was kept; empty if there was none.

    Raises:
        OSError: it cannot be written; what was there is there still.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, record = folder / f"{name}.py", folder / RECORD
    written = _read_record(record)
    kept = ""
    if path.exists():
        there = path.read_bytes()
        if there != source.encode() and written.get(name) != _digest(there):
            kept = _keep(path, there)
    _replace(path, source.encode())
    _replace(record, json.dumps(written | {name: _digest(source.encode())}, indent=1).encode())
    return kept


def _keep(path: Path, content: bytes) -> str:
    """Copy a file beside itself under a name that is free, or that has the same in it."""
    for number in range(1, 1_000):
        kept = path.with_name(f"{path.stem}.mine{'' if number == 1 else number}.py")
        if not kept.exists() or kept.read_bytes() == content:
            _replace(kept, content)
            return kept.name
    raise FileExistsError(17, "there are a thousand versions of yours already", str(path.parent))


def _replace(path: Path, content: bytes) -> None:
    """Write a file as a whole: it is never seen half written."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read_record(record: Path) -> dict[str, str]:
    try:
        found = json.loads(record.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
