"""The folder in which a server keeps what must survive a restart, and why it may not start.

1. A database belongs to one server: whoever opens it holds a lock on a file beside it, which the
   system releases with the process, however that ends.
2. Without `--data` the folder is a temporary one, which is deleted when the server ends.
3. What is wrong with a folder or a file is a `StartError`: one line that names it.
"""

import argparse
import contextlib
import errno
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

log = logging.getLogger("folder")

LOCKED = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}


class StartError(Exception):
    """A server cannot start; one line says which file or flag is wrong, and what to do."""


def data_folder(options: argparse.Namespace) -> Path:
    """Return the folder of `--data`, made if it is missing; a temporary one by default.

    Args:
        options: the parsed command line.

    Raises:
        StartError: when it is not a folder, or cannot be made.
    """
    if not options.data:
        return Path(_temporary.enter_context(_new_folder()))
    folder: Path = options.data
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        fact = f"expected a folder as --data, got the file {error.filename}"
        raise StartError(f"{fact}; name another folder") from error
    except OSError as error:
        fact = f"cannot make the folder {folder} of --data: {error.strerror or error}"
        raise StartError(f"{fact}; {advice(error.errno)}") from error
    return folder


def delete_temporary_folders() -> None:
    """Delete the folders of servers without `--data`."""
    _temporary.close()


_temporary = contextlib.ExitStack()


def _new_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="helpers-", ignore_cleanup_errors=True)
    except OSError as error:
        fact = f"cannot make a temporary folder: {error.strerror or error}"
        raise StartError(f"{fact}; name a folder with --data") from error


def advice(number: int | None) -> str:
    """Say what to do about an error of the system.

    Args:
        number: its `errno`.
    """
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "make room on the disk, or name a folder on another one with --data"
    return "change its permissions, or name another folder with --data"


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock on a database for the length of a block.

    Args:
        file: the database; the lock is a file beside it.

    Raises:
        StartError: when another server holds it, or the folder cannot be written.
    """
    lock = file.with_name(f"{file.name}.lock")
    try:
        handle = lock.open("a+b")
    except OSError as error:
        fact = f"cannot write {lock}: {error.strerror or error}"
        raise StartError(f"{fact}; {advice(error.errno)}") from error
    with handle:
        try:
            _lock(handle)
        except OSError as error:
            if error.errno in LOCKED:
                fact = f"another server uses the data in {file.parent} ({file.name})"
                raise StartError(f"{fact}; stop it, or name another folder with --data") from error
            log.warning("%s cannot be locked (%s): start one server for it only", lock, error)
        yield


def _lock(handle: IO[Any]) -> None:
    if os.name == "nt":
        import msvcrt

        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
