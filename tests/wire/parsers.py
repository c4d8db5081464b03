"""The official JavaScript parsers, as judges: one Node for all examples of a test."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "helpers" / "pages" / "node_modules"
SCRIPT = Path(__file__).with_name("parsers.mjs")
NODE = Path(sys.executable).with_name("node.exe" if sys.platform == "win32" else "node")


def javascript(parser: str, examples: list[Any]) -> list[Any]:
    """What the official parser says of each example: see parsers.mjs."""
    if not NODE.exists() or not MODULES.exists():
        pytest.skip("the browser clients are not installed: python -m helpers.course.install")
    done = subprocess.run(
        [str(NODE), str(SCRIPT), MODULES.as_uri(), parser],
        input=json.dumps(examples),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))
