"""Ask git, where there is one: every question has an answer, or None."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["git", "git_bytes", "git_text"]

GIT_S = 600.0


def git(root: Path, *arguments: str) -> tuple[int, bytes, str]:
    """Run git in a folder, in English, and never ask for a password.

    Args:
        root: the folder.
        arguments: the command.

    Returns:
        Its exit status, what it said, and what it complained about; 127 without git.
    """
    # A clone of another person's, as on a shared disk, is refused by git and so has no git here.
    environment = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-c", "core.quotepath=off", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, b"", str(error)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def git_bytes(root: Path, *arguments: str) -> bytes | None:
    """Run git and return what it said, as a file has it; None if it could not."""
    status, said, _ = git(root, *arguments)
    return None if status else said


def git_text(root: Path, *arguments: str) -> str | None:
    """Run git and return what it said; None if it could not."""
    said = git_bytes(root, *arguments)
    return None if said is None else said.decode("utf-8", "replace")
