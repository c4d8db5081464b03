"""Change several files of a folder so that an interruption at any point loses nothing.

1. The new files are written beside the old ones, into `.update/new/`; a full disk shows here.
2. The old ones are copied to `.backup/TIME/`.
3. `.update/plan.json` says what is to be done, with a digest of each file before and after.
4. Each new file is moved to its place, which needs no space, and `.update/` is removed.

`finish` does step 4, and does it again after an interruption. A file that somebody has changed
since the plan was made is copied to `kept/` before it is replaced.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from helpers.course.notebook import CourseError, sha

__all__ = ["back_up", "finish", "free_name", "swap", "write_whole"]

STAGE = ".update"
PLAN = "plan.json"


def swap(folder: Path, writes: Mapping[str, bytes], removes: tuple[str, ...] = ()) -> Path | None:
    """Write and remove files of a folder, all of them or none.

    Args:
        folder: the learner's copy.
        writes: the content of each file, by its name within the folder.
        removes: the files that are to go.

    Returns:
        The folder with a copy of what was there before; None if nothing was.

    Raises:
        CourseError: the files cannot be written; nothing has changed.
    """
    with said_plainly(folder):
        finish(folder)
        stage = folder / STAGE
        shutil.rmtree(stage, ignore_errors=True)
        plan: dict[str, Any] = {"writes": {}, "removes": {}}
        for number, (name, content) in enumerate(writes.items()):
            staged = stage / "new" / str(number)
            staged.parent.mkdir(parents=True, exist_ok=True)
            write_synced(staged, content)
            plan["writes"][name] = [str(number), digest_of(folder / name), sha(content)]
        plan["removes"] = {name: digest_of(folder / name) for name in removes}
        backup = back_up(folder, [*writes, *removes])
        stage.mkdir(parents=True, exist_ok=True)
        write_whole(stage / PLAN, json.dumps(plan).encode())
        finish(folder)
    return backup


def finish(folder: Path) -> list[str]:
    """Do what is planned, and what an interruption left undone.

    Args:
        folder: the learner's copy.

    Returns:
        The names in `kept/` of files that somebody had changed meanwhile.
    """
    stage = folder / STAGE
    if not (stage / PLAN).is_file():
        return []
    plan, kept = json.loads((stage / PLAN).read_text("utf-8")), []
    for name, (staged, before, after) in plan["writes"].items():
        target, new = folder / name, stage / "new" / staged
        now = digest_of(target)
        if not new.is_file() or now == after:
            continue
        if now not in (before, None):
            kept.append(keep(folder, name))
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(new, target)
    for name, before in plan["removes"].items():
        now = digest_of(folder / name)
        if now not in (before, None):
            kept.append(keep(folder, name))
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(stage)
    return kept


def back_up(folder: Path, names: list[str]) -> Path | None:
    """Copy files to `.backup/TIME/`.

    Args:
        folder: the learner's copy.
        names: the files within it; those that are not there are passed over.

    Returns:
        The folder of the copies; None if there was nothing to copy.
    """
    there = [name for name in names if (folder / name).is_file() and not name.startswith(".")]
    if not there:
        return None
    backup = folder / ".backup" / free_name(folder / ".backup", time.strftime("%Y-%m-%d-%H%M%S"))
    for name in there:
        (backup / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / name, backup / name)
    return backup


def keep(folder: Path, name: str) -> str:
    """Copy a file into `kept/`, under a name that is free, and return its name."""
    kept = folder / "kept" / name
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept = kept.with_name(free_name(kept.parent, kept.name))
    shutil.copy2(folder / name, kept)
    return kept.relative_to(folder).as_posix()


def free_name(folder: Path, name: str) -> str:
    """Find a name that nothing in a folder has: `name`, `name-2`, …"""
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    number, free = 1, name
    while (folder / free).exists():
        number += 1
        free = f"{stem}-{number}{dot}{ending}"
    return free


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    try:
        write_synced(new, content)
        os.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def write_synced(path: Path, content: bytes) -> None:
    """Write a file, and wait until it is on the disk."""
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def digest_of(path: Path) -> str | None:
    """Sum up a file; None if there is none."""
    return sha(path.read_bytes()) if path.is_file() else None


@contextlib.contextmanager
def said_plainly(folder: Path) -> Iterator[None]:
    """Turn the system's error into one that says what to do.

    Args:
        folder: the learner's copy.
    """
    try:
        yield
    except OSError as error:
        if not (folder / STAGE / PLAN).is_file():  # nothing was begun: take the new files away
            shutil.rmtree(folder / STAGE, ignore_errors=True)
        where = error.filename or folder
        raise CourseError(
            f"cannot write {where} ({error.strerror or error}); nothing of yours is lost. "
            "Make room, or get the right to write there, and run the same command again"
        ) from None
