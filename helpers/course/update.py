"""Get the new edition, and keep the learner's work: `make update` calls this.

    python -m helpers.course.update [--from FOLDER]    FOLDER: another copy of the course

1. `git pull --ff-only`, in a clone that has an upstream. What was changed in `notebooks/` is
   brought into `my-course/` first, and put into git's stash where it is in the way.
2. The packages of the new edition, and what pip does not install.
3. `my-course/`: answers, cells of the learner's own and progress stay.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from helpers.course.git import git, git_text
from helpers.course.install import MOVED, is_set_up_here
from helpers.course.learner import COPY, ROOT
from helpers.course.notebook import CourseError
from helpers.course.packages import install_packages
from helpers.course.renew import renew

__all__ = ["pull"]

NEEDS = ("requirements.txt", "pyproject.toml")
STASH = "make update put this away: your changes to notebooks/"
ELSEWHERE = "get the new edition into a new folder, and run there: make update FROM={}"


def pull(root: Path = ROOT) -> list[str]:
    """Get the new edition with git.

    Args:
        root: the folder of the course.

    Returns:
        What to tell the learner.

    Raises:
        CourseError: there may be a new edition, and git cannot get it; nothing was changed.
    """
    if git_text(root, "ls-files", "notebooks") in (None, ""):
        advice = ELSEWHERE.format(root)
        return [
            f"this folder is not a git clone, so nothing was fetched; for a new edition, {advice}"
        ]
    branch = (git_text(root, "rev-parse", "--abbrev-ref", "HEAD") or "").strip()
    if git_text(root, "rev-parse", "--abbrev-ref", "@{upstream}") is None:
        return [f"git's branch {branch} follows no other, so nothing was fetched: git branch -u …"]
    before = git_text(root, "rev-parse", "HEAD")
    lines = []
    status, _, error = git(root, "pull", "--ff-only", "--no-autostash", "--quiet")
    if status and "overwritten by merge" in error and is_only_notebooks(root):
        git(root, "stash", "push", "--include-untracked", "-m", STASH, "--", "notebooks")
        lines.append("what you changed in notebooks/ is in git's stash as well (git stash list)")
        status, _, error = git(root, "pull", "--ff-only", "--no-autostash", "--quiet")
    if status:
        raise CourseError(explain(root, error))
    news = git_text(root, "log", "--oneline", f"{(before or '').strip()}..HEAD") or ""
    changes = len(news.splitlines())
    lines.append(
        f"git got {changes} change{'' if changes == 1 else 's'}"
        if changes
        else "git has nothing new"
    )
    return lines


def is_only_notebooks(root: Path) -> bool:
    """Say whether nothing but `notebooks/` differs from git."""
    status = git_text(
        root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "."
    )
    prefix = (git_text(root, "rev-parse", "--show-prefix") or "").strip()
    changed = [line[3:] for line in (status or "").split("\0") if line]
    return all(name.startswith(f"{prefix}notebooks/") for name in changed)


def explain(root: Path, error: str) -> str:
    """Say why git cannot pull, and what to do."""
    lines = [line for line in error.strip().splitlines() if not line.startswith("hint:")]
    said = " ".join(lines[:3])[:300]
    if "fast-forward" in error or "divergent" in error.lower():
        return f"your branch has commits of its own ({said}); {ELSEWHERE.format(root)}"
    if "overwritten by merge" in error:
        return (
            f"files outside of notebooks/ are changed ({said}); commit or stash them, then update"
        )
    return f"git cannot get the new edition ({said}); check the network, and run: make update"


def digests(root: Path = ROOT) -> list[bytes]:
    """What the packages are installed from."""
    return [(root / name).read_bytes() for name in NEEDS if (root / name).is_file()]


def install(root: Path, needs: list[bytes]) -> None:
    """Install what the new edition needs, with its own code, and bring `my-course/` up to date.

    Raises:
        CourseError: a step failed; the message says what to do.
    """
    if digests(root) != needs:
        print("the new edition needs other packages")
        if install_packages(root / "requirements.txt"):
            raise CourseError("pip could not install them: read above, then run: make update")
    command = [sys.executable, "-m", "helpers.course.install", "--update"]
    if subprocess.run(command, cwd=root).returncode:
        raise CourseError("the update is not complete: read above, then run it again")


def main(arguments: list[str] | None = None) -> None:
    """Update; a failed step ends this with status 1, and says what to do."""
    parser = argparse.ArgumentParser(prog="python -m helpers.course.update", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--from", dest="folder", type=Path, help="bring your work from there")
    folder = parser.parse_args(arguments).folder
    needs = digests()
    try:
        if folder is not None:
            lines = renew(ROOT, folder.expanduser().resolve())
            print("\n".join(lines or [f"nothing new was found in {folder}"]))
            return
        lines = renew()  # what is in notebooks/ is safe before git touches it
        lines += pull()
        print("\n".join(lines), flush=True)
        install(ROOT, needs)
    except CourseError as error:
        sys.exit(f"error: {error}")
    print(f"{COPY}/ is up to date")


if __name__ == "__main__":
    if not is_set_up_here():
        sys.exit(f"error: {MOVED}")
    main()
