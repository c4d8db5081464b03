"""How many lines of helpers/ ran, package by package: the end of `make coverage`."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import coverage

ROOT = Path(__file__).resolve().parents[2]
HELPERS = ROOT / "helpers"


def package_of(file: Path) -> str:
    """The folder of helpers/ that a file is in; `helpers` for a file that is in none."""
    inside = file.relative_to(HELPERS).parts
    return inside[0] if len(inside) > 1 else "helpers"


def lines_of(found: Iterable[tuple[str, int, int]]) -> list[str]:
    """The table: a line for each package, and one for all of them.

    Args:
        found: for each file its package, how many lines it has, and how many did not run.
    """
    size, missed = Counter[str](), Counter[str]()
    for package, lines, not_run in found:
        for name in (package, "total"):
            size[name] += lines
            missed[name] += not_run
    rows = [f"{'package':12}{'lines':>7}{'not run':>9}{'run':>9}"]
    for name in [*sorted(size.keys() - {"total"}), "total"]:
        share = 100 * (size[name] - missed[name]) / max(1, size[name])
        rows.append(f"{name:12}{size[name]:7}{missed[name]:9}{share:8.1f} %")
    return rows


def measured() -> Iterable[tuple[str, int, int]]:
    """For each file its package, how many lines it has, and how many did not run."""
    with tempfile.TemporaryDirectory() as folder:
        outfile = Path(folder) / "coverage.json"
        data = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"))
        data.load()
        data.json_report(outfile=str(outfile))
        files = json.loads(outfile.read_text("utf-8"))["files"]
    for name, file in files.items():
        summary = file["summary"]
        yield package_of(ROOT / name), summary["num_statements"], summary["missing_lines"]


def main() -> None:
    """Print the table of what `coverage combine` left behind."""
    print("\n".join(lines_of(measured())))
    print("which lines: .venv/bin/coverage report --show-missing --skip-covered")


if __name__ == "__main__":
    main()
