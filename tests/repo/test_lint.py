"""ruff finds nothing, nor does mypy: strict for helpers, inside every function for tests."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--quiet", "."],
        ["ruff", "format", "--check", "--quiet", "helpers", "tests"],
        ["mypy", "--no-error-summary"],
    ],
    ids=["ruff-check", "ruff-format", "mypy"],
)
def test_finds_nothing(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
