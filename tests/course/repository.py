"""Git repositories for tests."""

import subprocess
from pathlib import Path

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "core.hooksPath=")


def git(folder: Path, *arguments: str) -> str:
    """Run git, which must not fail."""
    command = ["git", *IDENTITY, "-c", "init.defaultBranch=main", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder: Path, words: str = "an edition") -> None:
    """Commit all that is in a folder, which becomes a repository."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
        (folder / ".gitignore").write_text("my-course/\n.progress.json\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", words)
