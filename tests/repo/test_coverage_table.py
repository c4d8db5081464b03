"""The table of `make coverage` adds up, and the settings count what runs in other processes."""

import os
import subprocess
import sys
from pathlib import Path

import coverage

from tests.repo.coverage_table import HELPERS, ROOT, lines_of, package_of


def test_a_file_belongs_to_its_folder() -> None:
    assert package_of(HELPERS / "servers" / "chat" / "server.py") == "servers"
    assert package_of(HELPERS / "__init__.py") == "helpers"


def test_packages_are_added_up() -> None:
    found = [("wire", 10, 0), ("servers", 20, 5), ("servers", 10, 10)]
    assert [row.split()[:3] for row in lines_of(found)[1:]] == [
        ["servers", "30", "15"],
        ["wire", "10", "0"],
        ["total", "40", "15"],
    ]


def test_a_program_in_a_process_of_its_own_counts(tmp_path: Path) -> None:
    parent = tmp_path / "parent.py"
    arguments = [sys.executable, "-m", "helpers.servers.echo", "--help"]
    parent.write_text(f"import subprocess\nsubprocess.run({arguments!r}, cwd={str(ROOT)!r})\n")
    settings = f"--rcfile={ROOT / 'pyproject.toml'}"
    data_file = tmp_path / "measured"
    subprocess.run(
        [sys.executable, "-m", "coverage", "run", settings, str(parent)],
        cwd=ROOT,
        env=os.environ | {"COVERAGE_FILE": str(data_file)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    data = coverage.CoverageData(str(data_file))
    for file in tmp_path.glob("measured.*"):
        one = coverage.CoverageData(str(file))
        one.read()
        data.update(one)
    assert data.lines(str(HELPERS / "servers" / "echo.py"))
