"""One SQLite database for one server: work from many tasks, written by one thread in batches.

1. Work waits in one queue; whatever has gathered is done in one transaction, in order.
2. Nobody hears of it before its commit; then `on_commit` is called, in the same order.
3. So what was acknowledged is on the disk, and everybody sees the same sequence.
4. A file has one server at a time, and one that cannot be used is named at the start.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, overload

from helpers.serving.folder import StartError, locked
from helpers.serving.schema import Refusal

log = logging.getLogger("database")
Result = TypeVar("Result")
BATCH = 500  # pieces of work in one transaction

Work = Callable[[sqlite3.Connection], Any]


class NotSaved(Refusal):
    """The refusal of what SQLite could not write: `not_saved`.

    Args:
        error: what SQLite said.
    """

    def __init__(self, error: sqlite3.Error) -> None:
        super().__init__("not_saved", f"the server could not save it: {error}")


def _same(result: Any) -> Any:
    return result


class _Job(NamedTuple):
    work: Work
    on_commit: Callable[[Any], Any]
    done: asyncio.Future[Any]


class Database:
    """A SQLite file, and the queue of work for it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()  # None: the end
        self._trouble = ""  # the latest reason why a batch was not saved

    @overload
    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result: ...

    @overload
    async def run(self, work: Work, on_commit: Callable[[Any], Result]) -> Result: ...

    async def run(self, work: Work, on_commit: Callable[[Any], Any] = _same) -> Any:
        """Do one piece of work, and return what `on_commit` returns.

        Args:
            work: called in the database's thread.
            on_commit: called on the loop with the result once it is committed, in the order of
                the queue, before anything else is done. By default it returns the result.

        Raises:
            NotSaved: when SQLite could not write.
            BaseException: whatever `work` or `on_commit` raises.
        """
        return await self.submit(work, on_commit)

    def submit(self, work: Work, on_commit: Callable[[Any], Any] = _same) -> asyncio.Future[Any]:
        """Put one piece of work into the queue now, and go on; the rest is as for `run`.

        Args:
            work: as for `run`.
            on_commit: as for `run`.

        Returns:
            The future of what `run` would return.
        """
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait(_Job(work, on_commit, done))
        return done

    def run_later(self, work: Work, on_commit: Callable[[Any], Any] = _same) -> None:
        """Do one piece of work that nobody waits for; an error is logged.

        Args:
            work: as for `run`.
            on_commit: as for `run`.
        """

        def log_error(done: asyncio.Future[Any]) -> None:
            if error := done.exception():
                log.error("work that nobody waits for failed: %s", error)

        self.submit(work, on_commit).add_done_callback(log_error)

    async def write(self) -> None:
        """Work through the queue until `end` is called."""
        while job := await self._jobs.get():
            jobs = [job]
            while not self._jobs.empty() and len(jobs) < BATCH:
                if (job := self._jobs.get_nowait()) is None:
                    self.end()  # after this batch
                    break
                jobs.append(job)
            results = await asyncio.to_thread(self._commit, jobs)
            for job, result in zip(jobs, results, strict=True):
                _settle(job, result)

    def end(self) -> None:
        """Let `write` return once the queue is empty."""
        self._jobs.put_nowait(None)

    def _commit(self, jobs: list[_Job]) -> list[Any]:
        """Do a batch in one transaction; what one piece raises is its own result alone."""
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                results = [self._one(job) for job in jobs]
        except sqlite3.Error as error:  # the disk is full, or the file is gone
            self._log_once(error)
            return [NotSaved(error) for _ in jobs]
        self._trouble = ""
        return results

    def _log_once(self, error: sqlite3.Error) -> None:
        """Say why nothing is saved: once, until the reason changes."""
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.error("nothing is saved: %s", error)

    def _one(self, job: _Job) -> Any:
        self._connection.execute("SAVEPOINT one")
        try:
            result = job.work(self._connection)
        except BaseException as error:  # whatever it was, the rest of the batch goes on
            if isinstance(error, sqlite3.Error) and not self._connection.in_transaction:
                raise  # the disk is full: SQLite itself rolled the whole batch back
            self._connection.execute("ROLLBACK TO one")
            result = NotSaved(error) if isinstance(error, sqlite3.Error) else error
        self._connection.execute("RELEASE one")
        return result


def _settle(job: _Job, result: Any) -> None:
    try:
        if isinstance(result, BaseException):
            raise result
        result = job.on_commit(result)
    except BaseException as error:
        if isinstance(error, StopIteration):  # the one exception that a future cannot hold
            error = RuntimeError("the work raised StopIteration")
        if not job.done.done():
            job.done.set_exception(error)
        return
    if not job.done.done():  # else nobody waits for it any more
        job.done.set_result(result)


@contextlib.asynccontextmanager
async def opened(file: Path, schema: str) -> AsyncIterator[Database]:
    """Open a database, and work through its queue until the block ends.

    Args:
        file: made if it is missing.
        schema: SQL that makes the tables if they are missing.

    Raises:
        StartError: when another server uses it, or SQLite cannot.
    """
    with locked(file), contextlib.closing(_connect(file, schema)) as connection:
        database = Database(connection)
        writing = asyncio.create_task(database.write())
        try:
            yield database
        except NotSaved as error:  # nobody's message: the server itself could not go on
            raise StartError(_describe(file, error)) from error
        finally:
            database.end()  # never cancelled: its thread may be in the middle of a commit
            await writing


def _connect(file: Path, schema: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise StartError(_describe(file, error)) from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # on the disk, even if the power fails
        connection.executescript(schema)
    except sqlite3.Error as error:
        connection.close()
        raise StartError(_describe(file, error)) from error
    return connection


def _describe(file: Path, error: BaseException) -> str:
    what = str(error)
    if "not a database" in what:
        todo = "move it away, or name another folder with --data"
        return f"{file} is not a database of SQLite; {todo}"
    todo = "make room on the disk, check its permissions, or name another folder with --data"
    return f"cannot use the database {file}: {what}; {todo}"
