"""Install eslint and stylelint if they are missing, and lint the pages: `make lint-pages`.

With `install` it ends there, and says so when npm cannot: the tests go on without.
"""

import sys

from helpers.course.install import SetupError
from tests.pages_lint import LINTERS, install, lint, missing


def main(arguments: list[str]) -> int:
    """Install, and unless that is all that was asked for, lint; return the exit status."""
    try:
        trouble = install()
    except SetupError as error:
        trouble = str(error)
    if trouble:
        print(f"{trouble.strip()}\n{missing()}", file=sys.stderr)
        return 1
    if arguments == ["install"]:
        return 0
    results = [lint(name) for name in LINTERS]
    print("".join(output for _, output in results), end="")
    return max(status for status, _ in results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
