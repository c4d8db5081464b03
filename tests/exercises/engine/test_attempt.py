"""Whatever a learner's function does becomes a sentence, and harms nobody."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from helpers.exercises.engine import watch
from helpers.exercises.engine.attempt import Attempt, NotTried, NotYet
from helpers.exercises.engine.watch import Interrupted


def refused(function: Callable[..., Any], *args: Any, timeout_s: float = 0.2) -> str:
    """Call a function as a check does, and give what the learner reads."""
    attempt = Attempt("task", function, awaited=False, timeout_s=timeout_s)
    with pytest.raises(NotYet) as caught:
        attempt(*args)
    return told(caught.value)


def refused_later(function: Callable[..., Any], *args: Any, timeout_s: float = 0.2) -> str:
    """Await a function as an `async def` check does, and give what the learner reads."""

    async def judge() -> None:
        await Attempt("task", function, awaited=True, timeout_s=timeout_s)(*args)

    with pytest.raises(NotYet) as caught:
        asyncio.run(judge())
    return told(caught.value)


def told(verdict: NotYet) -> str:
    facts = [f"{name}: {value}" for name, value in verdict.facts]
    return "\n".join([verdict.title, *facts, *verdict.lines])


# --- what a plain function can do ------------------------------------------------------


def test_an_exception_shows_type_message_and_the_learners_line() -> None:
    def task(text: str) -> None:
        raise ValueError(f"no {text}")

    assert refused(task, "luck").startswith("task('luck')\nwhat happened: ValueError: no luck\n")
    assert 'raise ValueError(f"no {text}")' in refused(task, "luck")


def test_the_line_is_the_learners_own_not_the_librarys() -> None:
    import base64

    def task() -> bytes:
        return base64.b64encode("text")  # type: ignore[arg-type]

    text = refused(task)
    assert 'return base64.b64encode("text")' in text
    assert "Text and bytes do not mix" in text


def one_line() -> None:
    while True: pass  # fmt: skip # noqa: E701


def counting() -> None:
    number = 0
    while number >= 0:
        number += 1


def catching() -> None:
    while True:
        try:
            counting()
        except Exception:
            continue


def catching_all() -> None:
    while True:
        try:
            counting()
        except:  # noqa: E722
            continue


def keeping_all() -> None:
    caught = []
    while True:
        try:
            counting()
        except BaseException as error:
            caught.append(error)


def recursing() -> None:
    while True:
        try:
            recursing()
        except Exception:
            continue


def recursing_and_catching_all() -> None:
    while True:
        try:
            recursing_and_catching_all()
        except:  # noqa: E722
            continue


def sleeping() -> None:
    while True:
        time.sleep(99)


def waiting_in_c() -> None:
    threading.Lock().acquire()
    threading.Event().wait()


def computing_in_c() -> None:
    while True:
        pow(7, 10**7, 10**40_000)


ENDLESS = [
    one_line,
    counting,
    catching,
    catching_all,
    keeping_all,
    recursing,
    recursing_and_catching_all,
    sleeping,
    waiting_in_c,
    computing_in_c,
]


@pytest.mark.parametrize("task", ENDLESS)
def test_an_endless_loop_ends(task: Callable[..., Any]) -> None:
    started = time.monotonic()
    assert "what happened: it did not end within 0.2 s" in refused(task)
    assert "Is that an endless loop?" in refused(task)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("task", ENDLESS[:4])
def test_an_endless_loop_ends_without_signals_too(
    task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where a trace function looks at the time."""
    monkeypatch.setattr(watch, "SIGNAL", None)
    assert "what happened: it did not end within 0.2 s" in refused(task)


def test_the_trace_of_a_debugger_comes_back() -> None:
    def trace(*_: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        Attempt("task", lambda: 1, awaited=False)()
        refused(one_line)
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)


def test_exit_does_not_end_the_kernel() -> None:
    text = refused(lambda: sys.exit(3))
    assert "SystemExit: 3" in text
    assert "`return` ends the function alone" in text


def test_recursion_without_end() -> None:
    def task(number: int) -> int:
        return task(number + 1)

    assert "It calls itself endlessly." in refused(task, 1)


def swallow() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        try:
            time.sleep(0.001)
        except BaseException:
            continue


def pass_on() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        pass


@pytest.mark.parametrize("task", [swallow, pass_on])
def test_a_real_interrupt_passes_through(task: Callable[..., Any]) -> None:
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted):
        Attempt("task", task, awaited=False, timeout_s=60)()
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_interrupt_that_the_learner_raises_does_not() -> None:
    def task() -> None:
        raise KeyboardInterrupt

    assert "Only a person interrupts" in refused(task)


def test_wrong_number_of_parameters() -> None:
    def task(a: int, b: int) -> int:
        return a + b

    assert refused(task, 1) == (
        "task(1)\nyours is: task(a: int, b: int) -> int\n"
        "It is called with 1 value: keep the first line of the stub as it was."
    )


def test_a_name_error_points_to_setup() -> None:
    assert 'Run the cell "Setup" first.' in refused(lambda: nowhere)  # type: ignore[name-defined] # noqa: F821


def test_async_where_plain_is_asked_for() -> None:
    async def task() -> int:
        return 1

    assert (
        refused(task) == "task()\nIt is an `async def`, but the exercise asks for a plain `def`."
    )


def test_a_coroutine_as_the_result() -> None:
    async def inner() -> int:
        return 1

    assert "It returned the coroutine `inner(…)`, not a result." in refused(lambda: inner())


def test_inputs_cannot_be_changed() -> None:
    given = {"list": [1, 2], "raw": bytearray(b"ab")}

    def task(value: dict[str, Any]) -> int:
        value["list"].clear()
        value["raw"].clear()
        return 1

    attempt = Attempt("task", task, awaited=False)
    assert attempt(given) == 1
    assert given == {"list": [1, 2], "raw": bytearray(b"ab")}
    assert "bytearray(b'ab')" in attempt.call_text


def test_printing_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert Attempt("task", lambda: print("here"), awaited=False)() is None
    assert capsys.readouterr().out == "here\n"


def test_other_warnings_pass_through() -> None:
    def task() -> None:
        import warnings

        warnings.warn("old", DeprecationWarning, stacklevel=1)

    with pytest.warns(DeprecationWarning, match="old"):
        Attempt("task", task, awaited=False)()


# --- stubs -----------------------------------------------------------------------------


def stub(value: int) -> None: ...


def documented(value: int) -> None:
    """Return something."""
    ...


async def later(value: int) -> None: ...


async def later_documented(value: int) -> None:
    """Return something."""


def passing(value: int) -> None:
    pass


@pytest.mark.parametrize("function", [stub, documented, later, later_documented, passing])
def test_a_stub_is_known_without_a_call(function: Callable[..., Any]) -> None:
    with pytest.raises(NotTried):
        Attempt("task", function, awaited=False)


@pytest.mark.parametrize("result", [..., (..., ...), [...], {"a": ...}])
def test_dots_in_every_place_of_the_result_are_a_stub(result: object) -> None:
    with pytest.raises(NotTried):
        Attempt("task", lambda: result, awaited=False)()


def test_not_implemented_is_a_stub() -> None:
    def task() -> None:
        raise NotImplementedError

    with pytest.raises(NotTried):
        Attempt("task", task, awaited=False)()


def test_dots_among_answers_are_named() -> None:
    assert "Part of the answer is still `...`." in refused(lambda: (1, ...))


@pytest.mark.parametrize("function", [lambda: 1, lambda: None, lambda: "text", print])
def test_a_function_that_answers_is_not_a_stub(function: Callable[..., Any]) -> None:
    if function() is not None or function is print:
        Attempt("task", function, awaited=False)


# --- judging ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected", "nudge"),
    [
        ("a", b"a", "`.encode()` turns a string into bytes."),
        (b"a", "a", "`.decode()` turns bytes into a string."),
        (None, 1, "is a `return` missing?"),
        (1, None, "The answer here is None"),
        ([1], (1,), "That is a list, but the exercise asks for a tuple."),
        ("1", 1, "the exercise asks for a number"),
        (1, (1, 2), "That is an int, but the exercise asks for a tuple."),
        (2, 1, "the nudge of the exercise"),
    ],
)
def test_wrong_types_have_their_own_nudge(got: object, expected: object, nudge: str) -> None:
    attempt = Attempt("task", lambda: got, awaited=False)
    with pytest.raises(NotYet) as caught:
        attempt.equal(attempt(), expected, "the nudge of the exercise")
    assert nudge in told(caught.value)
    assert f"returned: {got!r}\nexpected: {expected!r}" in told(caught.value)


def test_what_gives_the_answer_away_is_not_shown() -> None:
    attempt = Attempt("task", lambda: 2, awaited=False)
    with pytest.raises(NotYet) as caught:
        attempt.equal(attempt(), 1, "nudge", reveal=False)
    assert told(caught.value) == "task()\nreturned: 2\nnudge"


def test_a_part_of_the_result_is_shown_beside_the_whole() -> None:
    attempt = Attempt("task", lambda: (1, 2), awaited=False)
    with pytest.raises(NotYet) as caught:
        attempt.equal(attempt()[1], 3, "nudge")
    assert told(caught.value) == "task()\nreturned: (1, 2)\nin it: 2\nexpected: 3\nnudge"


def test_a_result_that_cannot_be_compared_or_shown() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError("no")

        def __repr__(self) -> str:
            raise RuntimeError("no")

        __hash__ = None  # type: ignore[assignment]

    attempt = Attempt("task", Odd, awaited=False)
    with pytest.raises(NotYet) as caught:
        attempt.equal(attempt(), 1, "nudge")
    assert "an Odd whose repr raises RuntimeError" in told(caught.value)


def test_long_values_are_cut_in_the_middle() -> None:
    attempt = Attempt("task", lambda value: b"x" * 70_000, awaited=False)
    with pytest.raises(NotYet) as caught:
        attempt.equal(attempt("y" * 500), b"", "nudge")
    assert "(70,000 bytes)" in told(caught.value)
    assert "(500 characters)" in told(caught.value)
    assert max(map(len, told(caught.value).splitlines())) < 150


def test_refusing_bad_input() -> None:
    def strict(value: int) -> int:
        if value < 0:
            raise ValueError("negative")
        return value

    attempt = Attempt("task", strict, awaited=False)
    assert str(attempt.raises(ValueError, -1, nudge="Refuse it.")) == "negative"
    with pytest.raises(NotYet) as caught:
        attempt.raises(ValueError, 1, nudge="Refuse it.")
    assert told(caught.value) == "task(1)\nreturned: 1\nexpected: raises ValueError\nRefuse it."
    with pytest.raises(NotYet, match="task"):
        attempt.raises(KeyError, -1, nudge="Refuse it.")


# --- what a coroutine can do -----------------------------------------------------------


def test_a_coroutine_is_awaited() -> None:
    async def task(text: str) -> str:
        await asyncio.sleep(0)
        return text.upper()

    assert asyncio.run(Attempt("task", task, awaited=True)("a")) == "A"


def test_a_coroutine_that_waits_forever_ends() -> None:
    async def task() -> None:
        await asyncio.Event().wait()

    assert refused_later(task) == (
        "task()\nwhat happened: it was still waiting after 0.2 s\nWhat does it wait for?"
    )


def test_a_coroutine_that_blocks_the_loop_ends() -> None:
    async def task() -> None:
        await asyncio.sleep(0)
        while True:
            pass

    assert "it did not end within 0.2 s" in refused_later(task)


def test_a_coroutine_that_catches_its_cancellation_ends() -> None:
    async def task() -> None:
        for _ in range(500):  # the deadline comes first, and then it can be closed for good
            try:
                await asyncio.sleep(0.01)
            except:  # noqa: E722
                continue

    text = refused_later(task)
    assert "it was still waiting after 0.2 s" in text


def test_a_forgotten_await_is_named() -> None:
    async def task() -> None:
        asyncio.sleep(0)  # type: ignore[unused-coroutine]  # the mistake
        raise ValueError("after it")

    assert "Nobody awaited `sleep(…)`: is an `await` missing?" in refused_later(task)


def test_a_coroutine_that_returns_a_coroutine() -> None:
    async def task() -> object:
        return asyncio.sleep(0)

    assert "`await sleep(…)` gives its result." in refused_later(task)


def test_plain_where_async_is_asked_for() -> None:
    text = refused_later(lambda: 1)
    assert text.endswith("It is a plain `def`, but the exercise asks for an `async def`.")


def test_a_timeout_of_the_learners_own_is_an_exception() -> None:
    async def task() -> None:
        raise TimeoutError("mine")

    assert "TimeoutError: mine" in refused_later(task)


async def test_cancelling_from_outside_passes_through() -> None:
    async def task() -> None:
        await asyncio.Event().wait()

    started = time.monotonic()
    judging = asyncio.ensure_future(Attempt("task", task, awaited=True, timeout_s=60).run())
    await asyncio.sleep(0)
    judging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await judging
    assert time.monotonic() - started < 30


def test_a_guarded_handler_keeps_its_failure() -> None:
    async def task(connection: object) -> None:
        raise KeyError("name")

    async def judge() -> Attempt:
        attempt = Attempt("task", task, awaited=True)
        assert await attempt.guarded(object()) is None
        return attempt

    failure = asyncio.run(judge()).failure
    assert isinstance(failure, NotYet)
    assert told(failure).startswith("task(an object)\nwhat happened: KeyError: 'name'")
