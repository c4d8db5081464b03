"""A small disk that can be full, for tests; only root of a Linux machine can make one."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, kilobytes: int = 512) -> Iterator[Path]:
    """Mount a disk in memory; the test is skipped where that is not allowed.

    Args:
        place: a folder, which is made.
        kilobytes: how much it holds.
    """
    place.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
    if mount is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Fill a disk to its last byte; the file that does it."""
    file = disk / "filler"
    with file.open("wb", buffering=0) as filler:
        try:
            while filler.write(b"\0" * 4_096):
                pass
        except OSError:
            return file
    raise AssertionError("the disk has no end")
