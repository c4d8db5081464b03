"""The doctor in a terminal: `python -m helpers.diagnosis`."""

import sys

from helpers.diagnosis.doctor import doctor

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(doctor(details=True))
