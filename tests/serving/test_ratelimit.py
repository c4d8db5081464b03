"""How fast a client may send, and how fast a log may grow."""

import logging
import time

import pytest

from helpers.serving.ratelimit import Bucket, LineLimit
from helpers.serving.schema import Refusal

LEFT_OUT = "too many lines at once: some are left out"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_bucket_says_when_to_go_on(clock: list[float]) -> None:
    bucket = Bucket(2, 4)
    bucket.take()
    bucket.take()
    with pytest.raises(Refusal, match=r"too many messages at once; wait 0\.2 s"):
        bucket.take()
    clock[0] += 0.25
    bucket.take()


def test_a_log_that_grows_too_fast_says_so_once(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("a log of its own")
    limit = LineLimit(burst=2, per_second=1)
    log.addFilter(limit)
    caplog.set_level(logging.INFO, log.name)
    for number in range(5):
        log.info("line %d", number)
    log.error("an error is never left out")
    clock[0] += 1
    log.info("later")
    log.info("again")
    log.removeFilter(limit)
    assert caplog.messages == [
        "line 0",
        "line 1",
        LEFT_OUT,
        "an error is never left out",
        "later",
        LEFT_OUT,
    ]


def test_a_token_that_is_given_back_can_be_taken_again() -> None:
    bucket = Bucket(burst=1, per_second=0.001)
    for _ in range(3):
        bucket.take()
        bucket.refund()
    bucket.take()
    with pytest.raises(Refusal):
        bucket.take()
