"""A kernel's folder: where its servers keep their logs and data while it lives.

A kernel holds a lock on a file in its folder, and the system releases the lock however the
kernel ends. So a folder whose lock is free was left behind by a kernel that was killed, and the
next kernel removes it. A process id could not tell: containers that share a temporary folder do
not share their process ids. A fork of the kernel gives the lock up, since it may live on.
"""

import contextlib
import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path

__all__ = ["KernelFolder", "remove_orphans"]

LOCK = "kernel.lock"
NAME = "helpers-[0-9]*-*"  # helpers-PID-RANDOM; the PID is for people who look


class KernelFolder:
    """A new folder, locked until `remove` or the end of this process.

    Args:
        parent: where to make it.
    """

    def __init__(self, parent: Path) -> None:
        name = f"helpers-{os.getpid()}-"
        self._lock: int | None = None
        if sys.platform == "win32":  # a folder with an open file in it could not be renamed
            self.path = Path(tempfile.mkdtemp(prefix=name, dir=parent))
            return
        # It gets its name once it is locked, so that no other kernel finds it unlocked.
        folder = Path(tempfile.mkdtemp(prefix=f"new-{name}", dir=parent))
        self._lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        _lock_now(self._lock)
        self.path = folder.rename(parent / folder.name.removeprefix("new-"))
        _locked.add(self)

    def new_folder(self, name: str) -> Path:
        """Return a new folder inside, whose name begins with `name`."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.path))

    def remove(self) -> None:
        """Remove the folder and everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.unlock()

    def unlock(self) -> None:
        """Close this process's copy of the locked file."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


_locked: weakref.WeakSet[KernelFolder] = weakref.WeakSet()


def _unlock_in_fork() -> None:
    for folder in list(_locked):
        folder.unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_in_fork)


def remove_orphans(parent: Path) -> None:
    """Remove the folders of kernels that were killed, which had no time to do it themselves.

    Args:
        parent: where kernels make their folders.
    """
    if sys.platform == "win32":  # folders have no lock there
        return
    for folder in parent.glob(NAME):
        with contextlib.suppress(OSError):  # it has no lock, or is somebody else's
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                if _lock_now(lock):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _lock_now(file: int) -> bool:
    """Lock an open file; False when another process holds the lock, or none can be had."""
    if sys.platform != "win32":
        import fcntl

        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False
