"""What a chat message may be: its bounds, its time, and how many fit into one answer."""

import itertools
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from helpers.serving.schema import Refusal

RECENT = 50  # messages in the first page, and in one page of history
LONGEST_TEXT = 4_000  # characters
LONGEST_ID = 64  # characters
PAGE_BYTES = 2**17  # of text in one answer; as JSON at most six times as much


def check_message(id: str, text: str) -> None:
    """Refuse a message whose id or text is missing or too long."""
    if not 1 <= len(id) <= LONGEST_ID:
        raise Refusal("bad_field", f"expected an id of 1 to {LONGEST_ID} characters")
    if not text.strip():
        raise Refusal("bad_field", "expected a text, got an empty one", id)
    if len(text) > LONGEST_TEXT:
        fact = f"expected at most {LONGEST_TEXT:,} characters of text, got {len(text):,}"
        raise Refusal("too_long", fact, id)


def iso(at: float) -> str:
    """Write a time as JavaScript does: `2026-01-31T12:00:00.000Z`.

    Args:
        at: seconds since 1970.
    """
    utc = datetime.fromtimestamp(at, UTC)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """Write the present time, as `iso` does."""
    return iso(time.time())


def fitting(texts: Iterable[str]) -> int:
    """Count how many texts fit into one answer: as many as have `PAGE_BYTES` together.

    Args:
        texts: in the order in which they would be sent.
    """
    sizes = itertools.accumulate(len(text.encode()) for text in texts)
    return sum(size <= PAGE_BYTES for size in sizes)
