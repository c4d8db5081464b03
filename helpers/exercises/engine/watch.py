"""Keep watch over a learner's code: end what runs too long, and know a real interrupt.

1. A *step* is a piece of the learner's code that runs without giving way. It has an end.
2. Where there are signals, and in the main thread (so in every kernel but Windows'), a thread of
   its own looks at the end, and sends a signal. Its handler raises OutOfTime, also out of code
   in C that waits, such as `time.sleep(99)`. Until then the step runs at full speed.
3. Elsewhere a trace function sees every step of Python, and raises. It does not see code in C.
4. OutOfTime that is caught comes again, at the next instruction that is outside of every `try`.
5. A real interrupt ends the step like its end does, whatever catches it, and goes on as
   Interrupted. A KeyboardInterrupt that the learner raises stays what it is.

What nobody can end is a single call into C that neither waits nor returns, such as
`sum(itertools.count())`: no thread of this process runs meanwhile.
"""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any, Literal

from helpers.exercises.engine.running import is_caught, list_frames, runs

SIGNAL = getattr(signal, "SIGVTALRM", None)  # which nothing else uses; Windows has none
POLL_S = 0.05
HEADROOM = 200  # frames
# Not stopped: callbacks of the garbage collector, where an exception is printed and dropped,
# and the code that leaves a step.
OURS = {f"helpers.exercises.engine.{name}" for name in ("deadline", "running", "watch")}
SPARED = {"weakref", "_weakrefset", "contextlib", *OURS}


class OutOfTime(BaseException):
    """The end of a step has come; `except Exception` in the learner's code does not catch it.

    A bare `except:` does. Python switches a trace function off when that raises, so an exception
    that is dropped switches it on again.

    Attributes:
        limit_s: how long the step was allowed to take, in seconds.
    """

    def __init__(self, step: Step | None = None) -> None:
        super().__init__()
        self._step = step
        self.limit_s = step.limit_s if step else math.nan

    def __del__(self) -> None:
        if self._step is not None and not self._step.over:
            self._step.trace_from(sys._getframe(1))


class Interrupted(KeyboardInterrupt):
    """Somebody has really interrupted: the stop button, or Ctrl-C."""


@dataclass
class Step:
    """A piece of code under watch.

    Attributes:
        end: when it has run too long, in seconds of the monotonic clock.
        limit_s: how long that is, in seconds.
        file: if given, it is only ended while code of this file is running.
    """

    end: float
    limit_s: float
    file: str = ""
    over: bool = False
    interrupted: bool = False
    strikes: int = 0
    traced: bool = False
    previous: Any = field(default=None, repr=False)

    @property
    def late(self) -> bool:
        """Whether it has run too long."""
        return not self.over and time.monotonic() > self.end

    def trace(self, frame: FrameType, event: str, _value: object) -> Any:
        """Raise OutOfTime once the time is up; called by Python at every instruction."""
        frame.f_trace_opcodes = True  # Python 3.11 sees no new line in `while True: pass`
        ours = frame.f_globals.get("__name__") in SPARED
        now = not self.strikes or (event == "opcode" and not is_caught(frame))
        if self.late and now and not ours:
            self.strikes += 1
            raise OutOfTime(self)
        return self.trace

    def trace_from(self, frame: FrameType | None) -> None:
        """Trace from now on, in the frames of the learner's that are running."""
        for theirs in list_frames(frame):
            theirs.f_trace, theirs.f_trace_opcodes = self.trace, True
        self.traced = True
        sys.settrace(self.trace)


_steps: list[Step] = []  # those of the main thread, the innermost last
_ceilings: list[Step] = []  # those that end a learner's code wherever it is running
_dogs: list[Watchdog] = []


class Watchdog(threading.Thread):
    """The thread that sends a signal to the main thread when a step has run too long."""

    def __init__(self) -> None:
        super().__init__(name="watchdog of a check", daemon=True)
        self.users = 0
        self.recursion_limit = sys.getrecursionlimit()
        self.over = threading.Event()

    def run(self) -> None:
        """Look at the ends until nobody needs it."""
        assert SIGNAL is not None
        main = threading.main_thread().ident or 0
        while not self.over.wait(POLL_S / 10 if any(s.strikes for s in _steps) else POLL_S):
            if any(step.late for step in (*_steps[-1:], *_ceilings)):
                # Where the stack is full the handler could not be called.
                sys.setrecursionlimit(self.recursion_limit + HEADROOM)
                signal.pthread_kill(main, SIGNAL)


def has_signals() -> bool:
    """Say whether signals reach the code that is running now."""
    return SIGNAL is not None and threading.current_thread() is threading.main_thread()


class watched:
    """A context manager during which the watchdog is awake; nested ones share it."""

    def __enter__(self) -> watched:
        self._dog = None
        if has_signals():
            if not _dogs:
                _listen()
                _dogs.append(Watchdog())
                _dogs[0].start()
            self._dog = _dogs[0]
            self._dog.users += 1
        return self

    def __exit__(self, *_: object) -> None:
        if self._dog is not None:
            self._dog.users -= 1
            if not self._dog.users:
                _dogs.clear()
                self._dog.over.set()
                self._dog.join()
                sys.setrecursionlimit(self._dog.recursion_limit)


class ceiling:
    """A context manager that ends a learner's code in it wherever it runs, after `limit_s`.

    Args:
        limit_s: how long the block may take, in seconds.
        file: the learner's; other code is left alone, such as that of the event loop.
    """

    def __init__(self, limit_s: float, file: str) -> None:
        self._step = Step(time.monotonic() + limit_s, limit_s, file)

    def __enter__(self) -> None:
        if self._step.file:
            _ceilings.append(self._step)

    def __exit__(self, *_: object) -> None:
        self._step.over = True
        if self._step in _ceilings:
            _ceilings.remove(self._step)


class deadline:
    """A context manager: OutOfTime is raised in its block once that has run too long.

    Args:
        limit_s: how long it may run, in seconds.

    Raises:
        OutOfTime: from the line of Python that was running when the time was up.
        Interrupted: there was a real interrupt, whatever the block did with it.
    """

    def __init__(self, limit_s: float) -> None:
        ends = [(time.monotonic() + limit_s, limit_s), *((s.end, s.limit_s) for s in _ceilings)]
        self._step = Step(*min(ends))
        self._watch = watched()
        self._signals = has_signals()

    def __enter__(self) -> Step:
        self._watch.__enter__()
        step = self._step
        step.previous = sys.gettrace()
        if self._signals:
            self._on_interrupt = signal.getsignal(signal.SIGINT)
            if self._on_interrupt not in (None, signal.SIG_IGN):
                signal.signal(signal.SIGINT, _interrupt)
            _steps.append(step)
        else:
            step.traced = True
            sys.settrace(step.trace)
        return step

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> Literal[False]:
        step = self._step
        step.over = True
        if self._signals:
            _steps.remove(step)
            if self._on_interrupt not in (None, signal.SIG_IGN):
                signal.signal(signal.SIGINT, self._on_interrupt)
        if step.traced:
            sys.settrace(step.previous)
        self._watch.__exit__()
        if step.interrupted:
            raise Interrupted from None
        return False


def _interrupt(_number: int, frame: FrameType | None) -> None:
    for step in _steps:
        step.interrupted, step.end = True, -math.inf
    if frame is not None and frame.f_globals.get("__name__") not in SPARED:
        raise KeyboardInterrupt


def _listen() -> None:
    assert SIGNAL is not None
    previous = signal.getsignal(SIGNAL)
    if previous is _on_signal:
        return
    # It stays: a signal that is on its way when a handler goes would end the process.
    signal.signal(SIGNAL, _on_signal)


def _on_signal(_number: int, frame: FrameType | None) -> None:
    if frame is None or frame.f_globals.get("__name__") in SPARED:
        return
    for step in (*_steps[-1:], *_ceilings):
        if step.late and (not step.file or runs(step.file, frame)):
            if step.strikes:  # it was caught, and this one may be: then the trace raises the next
                step.trace_from(frame)
            step.strikes += 1
            raise OutOfTime(step)


def end_thread(thread: threading.Thread) -> None:
    """Raise SystemExit in another thread, at its next step of Python: it ends without a word.

    Args:
        thread: the thread.
    """
    import ctypes

    with suppress(Exception):
        raise_in: Callable[..., int] = ctypes.pythonapi.PyThreadState_SetAsyncExc
        raise_in(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
