"""JupyterLab's stop button ends a cell at once, also one that awaits.

With ipykernel alone `await asyncio.sleep(15)` goes on for 15 s after Stop, and a cell that blocks
between two awaits cannot be stopped at all. While a cell with an `await` runs, this takes the
place of ipykernel's own handler of SIGINT:

1. The loop is woken, so that it does not wait for its next event first.
2. If the cell's own code runs, such as `time.sleep(15)` after an `await`, it gets a
   KeyboardInterrupt, as a cell without an `await` does.
3. Otherwise the cell's task is cancelled; other tasks of the kernel go on.
4. If another task blocks the loop, the next Stop cancels that one.

A cell without an `await` is left to ipykernel, and so is the time between two cells.

For an upstream report (ipykernel #881, #1239), ipykernel 7.4 with tornado 6.5:

    `Kernel._cancel_on_sigint` asks for the cancellation with `self.io_loop.add_callback`. The
    handler of a signal runs in the thread of the loop, so tornado takes `loop.call_soon`, which
    does not wake the selector: after the handler, `select` goes on waiting (PEP 475), and the
    cell is cancelled only with the loop's next event. To reproduce, run
    `import asyncio; await asyncio.sleep(15)` and interrupt the kernel: it ends after 15 s.
    `self.io_loop.asyncio_loop.call_soon_threadsafe(set_sigint_result)` mends that. A second
    fault, #1239: the handler also replaces `default_int_handler` while the cell's own code
    blocks, so that nothing interrupts it. If `asyncio.current_task()` is the cell's task, and
    the frame is in the user's code, the handler can raise KeyboardInterrupt. A third, for
    systems that give the signal to another thread: `signal.set_wakeup_fd`, as
    `loop.add_signal_handler` has it.
"""

import asyncio
import contextlib
import signal
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["WORDS", "StopButton"]

WORDS = "this cell was stopped"
STUCK_S = 0.3  # a Stop that has not reached the cell by then waits for a task that blocks


class StopButton:
    """What Stop does in a kernel; one object for each.

    Args:
        shell: the kernel's shell.
    """

    def __init__(self, shell: "InteractiveShell") -> None:
        self._shell = shell
        self._loop: asyncio.AbstractEventLoop | None = None
        self._cell: asyncio.Task[Any] | None = None  # which runs now, if it has an `await`
        self._inner = 0  # how many cells that it runs itself are under way
        self._asked_at: float | None = None  # when it was to be cancelled, until it is
        self._before: Any = None  # ipykernel's handler

    def install(self) -> None:
        """Have it called around each cell, also around the one that runs now."""
        self._shell.events.register("pre_execute", self.begin)
        self._shell.events.register("post_execute", self.end)
        self.begin()

    def begin(self) -> None:
        """Take over SIGINT, if the cell that begins has an `await`."""
        if threading.current_thread() is not threading.main_thread():
            return  # a cell of a subshell, where no signal arrives
        if self._cell is not None and not self._cell.done():
            self._inner += 1
            return
        try:
            loop, cell = asyncio.get_running_loop(), asyncio.current_task()
        except RuntimeError:
            return
        handler = signal.getsignal(signal.SIGINT)
        if handler in (signal.default_int_handler, signal.SIG_IGN) or cell is None:
            return  # Python's own KeyboardInterrupt is right; or no cell runs
        self._loop, self._cell, self._inner, self._asked_at = loop, cell, 0, None
        self._before = handler
        with contextlib.suppress(NotImplementedError):  # on Windows, whose loop wakes by itself
            loop.add_signal_handler(signal.SIGINT, _wake)  # for its wake-up alone
        signal.signal(signal.SIGINT, self._on_signal)

    def end(self) -> None:
        """Give SIGINT back."""
        if threading.current_thread() is not threading.main_thread() or self._cell is None:
            return
        if self._inner:
            self._inner -= 1
            return
        self._cell = None
        with contextlib.suppress(NotImplementedError, AttributeError):
            self._loop.remove_signal_handler(signal.SIGINT)  # type: ignore[union-attr]
        signal.signal(signal.SIGINT, self._before)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Interrupt what runs, or have the cell cancelled; called in the main thread."""
        if self._cell is None or self._loop is None:
            return
        running = asyncio.current_task(self._loop)
        if running is self._cell and self._is_the_users(frame):
            raise KeyboardInterrupt
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif running not in (None, self._cell) and now - self._asked_at > STUCK_S:
            raise asyncio.CancelledError(WORDS)  # a task that gets it is cancelled, no more
        self._loop.call_soon_threadsafe(self._cancel, self._cell)

    def _is_the_users(self, frame: FrameType | None) -> bool:
        """Whether a frame was called by the cell's code, where IPython catches everything."""
        while frame is not None and frame.f_globals is not self._shell.user_ns:
            frame = frame.f_back
        return frame is not None

    def _cancel(self, cell: asyncio.Task[Any]) -> None:
        self._asked_at = None
        if cell is self._cell and not cell.done():
            cell.cancel(WORDS)


def _wake() -> None:
    """Do nothing: the loop has been woken."""
