"""How many files a process may have open; each connection is one of them.

The soft limit is 256 on macOS and 1,024 on most Linux systems. A process may raise its own up to
the hard limit.
"""

from typing import Any

__all__ = ["TRIED", "file_limit", "raise_file_limit"]

#: After what is wanted: macOS refuses more than it can keep, whatever the hard limit says.
TRIED = (10_240, 4_096, 1_024)


def file_limit() -> int | None:
    """Return how many files this process may have open; None if there is no limit."""
    resource = _module()
    if resource is None:
        return None
    soft: int = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def raise_file_limit(wanted: int) -> None:
    """Let this process have as many files open as it may need, if the system allows it.

    Args:
        wanted: how many; a higher limit stays as it is.
    """
    resource, soft = _module(), file_limit()
    if resource is None or soft is None:
        return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for number in (wanted, *TRIED):
        number = number if hard == resource.RLIM_INFINITY else min(number, hard)
        if soft < number <= wanted:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
            except (OSError, ValueError):
                continue
            return


def _module() -> Any:
    """Return the module `resource`; None on Windows, which has no such limit."""
    try:
        import resource
    except ImportError:
        return None
    return resource
