"""The doctor in a terminal: `python -m helpers.diagnosis`, also with a Python that is too old."""

from __future__ import annotations

import sys

from helpers.course.pythons import explain


def main() -> None:
    """Print the table; the exit status is 1 if something is wrong."""
    reason = explain()
    if reason and sys.version_info < (3, 11):  # nothing else of the course can be imported
        sys.exit(
            f"{reason}.\nInstall it (https://www.python.org/downloads/), then set the course up "
            "with it: make setup PYTHON=/path/to/python3.12"
        )
    from helpers.diagnosis.doctor import WELL, doctor

    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    said = str(doctor(details=True))
    print(said)
    sys.exit(not said.startswith(WELL))


if __name__ == "__main__":
    main()
