"""How many files a process may have open, on systems that allow more, less, or refuse."""

from typing import Any

import pytest

from helpers.serving import open_files

INFINITY = -1


class System:
    """Stands for the module `resource` of a system.

    Args:
        soft, hard: the limits at the beginning.
        most: more than this it refuses, whatever the hard limit says.
    """

    RLIMIT_NOFILE, RLIM_INFINITY = 7, INFINITY

    def __init__(self, soft: int, hard: int, most: int = 10**9) -> None:
        self.limits, self.most = (soft, hard), most

    def getrlimit(self, what: int) -> tuple[int, int]:
        return self.limits

    def setrlimit(self, what: int, limits: tuple[int, int]) -> None:
        if limits[0] > self.most:
            raise ValueError("current limit exceeds maximum limit")
        self.limits = limits


@pytest.mark.parametrize(
    ("system", "limit"),
    [
        (System(1_024, 20_000), 12_000),
        (System(256, 4_000), 4_000),
        (System(256, 256), 256),
        (System(20_000, 20_000), 20_000),
        (System(256, INFINITY, most=10_240), 10_240),  # macOS
        (System(256, INFINITY, most=5_000), 4_096),
        (System(256, INFINITY, most=300), 256),
        (System(INFINITY, INFINITY), None),
    ],
)
def test_the_limit_is_raised_as_far_as_the_system_allows(
    system: Any, limit: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_files, "_module", lambda: system)
    open_files.raise_file_limit(12_000)
    assert open_files.file_limit() == limit


def test_where_there_is_no_limit_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_files, "_module", lambda: None)
    open_files.raise_file_limit(12_000)
    assert open_files.file_limit() is None
