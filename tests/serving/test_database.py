"""The queue of work: its order, one commit for many, and failures that harm nobody else."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.serving.database import NotSaved, opened
from helpers.serving.schema import Refusal

SCHEMA = "CREATE TABLE IF NOT EXISTS numbers (number INTEGER UNIQUE)"
FILE = "x.sqlite3"


class PanicError(BaseException):
    """Like a panic in Rust, which `except Exception` does not catch."""


def add(number: int) -> Callable[[sqlite3.Connection], int]:
    def work(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO numbers VALUES (?)", (number,))
        return number

    return work


def numbers(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("SELECT number FROM numbers ORDER BY rowid")]


def stored(folder: Path) -> list[int]:
    """Read what another process would find."""
    connection = sqlite3.connect(folder / FILE)
    try:
        return numbers(connection)
    finally:
        connection.close()


async def test_work_is_done_and_reported_in_order_in_one_other_thread(tmp_path: Path) -> None:
    reported: list[int] = []
    threads = set()

    async with opened(tmp_path / FILE, SCHEMA) as database:

        def work(number: int) -> Callable[[sqlite3.Connection], int]:
            def noted(db: sqlite3.Connection) -> int:
                threads.add(threading.current_thread())
                return add(number)(db)

            return noted

        await asyncio.gather(*(database.run(work(n), reported.append) for n in range(1_200)))
        assert await database.run(numbers) == reported == list(range(1_200))

    assert threading.current_thread() not in threads


async def test_nobody_hears_of_it_before_it_is_on_the_disk(tmp_path: Path) -> None:
    async with opened(tmp_path / FILE, SCHEMA) as database:

        def on_commit(number: int) -> None:
            assert number in stored(tmp_path)

        await asyncio.gather(*(database.run(add(number), on_commit) for number in range(20)))


def fail(error: BaseException) -> Callable[[sqlite3.Connection], None]:
    def work(db: sqlite3.Connection) -> None:
        add(99)(db)  # undone
        raise error

    return work


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), Refusal("bad_token", "no"), PanicError("no"), StopIteration("no")],
    ids=lambda error: type(error).__name__,
)
async def test_what_fails_is_undone_and_harms_nobody_else(
    tmp_path: Path, error: BaseException
) -> None:
    async with opened(tmp_path / FILE, SCHEMA) as database:
        work = [add(1), fail(error), add(2)]
        jobs = [asyncio.ensure_future(database.run(each)) for each in work]
        await asyncio.wait(jobs)
        expected = RuntimeError if isinstance(error, StopIteration) else type(error)
        assert type(jobs[1].exception()) is expected
        assert await database.run(numbers) == [1, 2]


async def test_what_sqlite_refuses_is_not_saved_and_harms_nobody_else(tmp_path: Path) -> None:
    async with opened(tmp_path / FILE, SCHEMA) as database:
        jobs = [asyncio.ensure_future(database.run(add(number))) for number in (1, 1, 2)]
        await asyncio.wait(jobs)
        refused = jobs[1].exception()
        assert isinstance(refused, NotSaved)
        assert refused.code == "not_saved"
        assert str(refused).startswith("the server could not save it: UNIQUE constraint failed")
        assert await database.run(numbers) == [1, 2]


async def test_when_the_disk_is_full_all_of_the_batch_is_refused_and_work_goes_on(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / FILE, SCHEMA) as database:

        def full(db: sqlite3.Connection) -> None:
            db.execute("ROLLBACK")  # as SQLite does by itself
            raise sqlite3.OperationalError("database or disk is full")

        first = asyncio.ensure_future(database.run(add(1)))
        await first  # by itself
        jobs = [asyncio.ensure_future(database.run(each)) for each in (add(2), full, add(3))]
        await asyncio.wait(jobs)
        errors = [job.exception() for job in jobs]
        assert [error.code for error in errors if isinstance(error, NotSaved)] == ["not_saved"] * 3
        await database.run(add(4))
        assert await database.run(numbers) == [1, 4]


async def test_what_fails_in_on_commit_concerns_the_caller_alone(tmp_path: Path) -> None:
    async with opened(tmp_path / FILE, SCHEMA) as database:

        def on_commit(number: int) -> None:
            raise PanicError("no")

        with pytest.raises(PanicError):
            await database.run(add(1), on_commit)
        assert await database.run(numbers) == [1]


async def test_a_caller_that_stops_waiting_does_not_stop_the_work(tmp_path: Path) -> None:
    async with opened(tmp_path / FILE, SCHEMA) as database:
        job = asyncio.ensure_future(database.run(add(1)))
        await asyncio.sleep(0)  # it is in the queue now
        job.cancel()
        assert await database.run(numbers) == [1]


async def test_the_end_does_all_that_waits(tmp_path: Path) -> None:
    async with opened(tmp_path / FILE, SCHEMA) as database:
        for number in range(700):  # more than one batch
            database.run_later(add(number))
        database.run_later(fail(ValueError("no")))  # logged

    assert stored(tmp_path) == list(range(700))
