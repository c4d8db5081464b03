"""The doctor in a terminal: `python -m helpers.doctor`."""

import sys

from helpers.doctor import doctor

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(doctor(details=True))
