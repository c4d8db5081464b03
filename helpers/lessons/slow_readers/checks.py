"""Exercises of the lesson slow_readers: post, allow and catch_up."""

from __future__ import annotations

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.stage.listening import let_tasks_run
from helpers.exercises.stage.verdict import refuse, reword
from helpers.exercises.stage.websocket_crowd import (
    BusyConnection,
    SharedList,
    SharedSet,
    connect_crowd,
)
from helpers.lessons.slow_readers.mistakes import (
    BUDGET_MEANINGS,
    MEANINGS,
    POST_MEANINGS,
    explain_catch_up,
    explain_post,
)
from helpers.lessons.slow_readers.outbox import Outbox

UMLAUTS = "ü" * 60  # 120 bytes

#: (what is posted, how many bytes may wait, whether it fits, why)
POSTS = (
    ("Hello", 100, True, "It fits: 5 bytes, and nothing was waiting."),
    ("grüße 👋", 100, True, "It fits: 12 bytes, and 5 were waiting."),
    (UMLAUTS, 130, False, "Those are 60 characters and 120 bytes: 17 and 120 are over 130."),
    ("x" * 83, 100, True, "17 and 83 are 100, and 100 bytes may wait: it fits exactly."),
    ("x", 100, False, "100 bytes are waiting, and no more may wait."),
    ("x", 101, True, "100 and 1 are 101, and 101 bytes may wait."),
)


@exercise(
    hints=(
        "First the size of the message, in bytes: `len(text.encode())`.",
        "Compare the sum of `outbox.size` and that size with `most`: what is equal still fits.",
        "If it fits, three things follow: the queue gets the message, with `put_nowait`; the "
        "size grows; and the function returns True.",
    )
)
def post(attempt: Attempt) -> None:
    """Small and large messages, one that fits exactly, one too many, and many small ones."""
    attempt.copies = False
    outbox, expected = Outbox(), list[str]()
    for text, most, fits, nudge in POSTS:
        try_post(attempt, outbox, expected, text, most, fits, nudge)
    outbox, expected = Outbox(), []
    for number in range(100):
        nudge = f"Only bytes count: {number} small messages are waiting, and there is room."
        try_post(attempt, outbox, expected, f"{number:03}", 300, True, nudge)
    nudge = "300 bytes are waiting, and no more may wait."
    try_post(attempt, outbox, expected, "x", 300, False, nudge)


def try_post(
    attempt: Attempt,
    outbox: Outbox,
    expected: list[str],
    text: str,
    most: int,
    fits: bool,
    nudge: str,
) -> None:
    """Post one message, and refuse unless the answer and the outbox are right."""
    before = outbox.size
    try:
        got = attempt(outbox, text, most)
    except NotYet as failure:
        raise reword(failure, match_cause(failure, POST_MEANINGS)) from failure.__cause__
    if fits:
        expected.append(text)
    waiting = list(outbox.messages._queue)  # type: ignore[attr-defined]
    if problem := explain_post(got, fits, waiting, expected, outbox.size - before, text):
        attempt.fail(problem if problem != "wrong" else nudge)


@exercise(
    hints=(
        'First what has come back since `budget["at"]`: the seconds, times `rate`.',
        "`min(most, …)` keeps a long silence from saving up more than `most`.",
        "Is at least 1 left? Then take it away. In both cases, write what is left, and `now`, "
        "into the budget.",
    )
)
def allow(attempt: Attempt) -> None:
    """A burst, a pause, a long silence, many refused tries, and another client."""
    attempt.copies = False
    budget = {"left": 3.0, "at": 100.0}
    for _ in range(3):
        ask(attempt, budget, 100.0, 3, 2, True, "3 messages are left: each one takes one away.")
    ask(attempt, budget, 100.0, 3, 2, False, "3 were left, and this is the fourth: refuse it.")
    ask(attempt, budget, 100.25, 3, 2, False, "Half a message has come back: 1 has to be left.")
    nudge = (
        "After half a second at 2 a second, 1 has come back; the try that was refused in between "
        "must lose nothing."
    )
    ask(attempt, budget, 100.5, 3, 2, True, nudge)
    nudge = "1 had come back, and it is spent: the budget isn't full again after each pause."
    ask(attempt, budget, 100.5, 3, 2, False, nudge)
    for _ in range(3):
        nudge = "After an hour everything has come back: 3 are left."
        ask(attempt, budget, 3700.5, 3, 2, True, nudge)
    nudge = "After an hour, 3 are left and not 7,200: never more than `most`."
    ask(attempt, budget, 3700.5, 3, 2, False, nudge)
    other = {"left": 1.0, "at": 0.0}
    ask(attempt, other, 0.0, 1, 0.5, True, "Each client has a budget of its own: 1 is left here.")
    ask(attempt, other, 1.0, 1, 0.5, False, "At half a message a second, half of one is left.")
    ask(attempt, other, 2.0, 1, 0.5, True, "After two seconds at half a message each, 1 is left.")
    try_impatiently(attempt)


def try_impatiently(attempt: Attempt) -> None:
    """Let a client try eight times a second for two seconds; four of the tries are allowed."""
    budget, allowed = {"left": 0.0, "at": 50.0}, 0
    for step in range(1, 17):
        allowed += ask(attempt, budget, 50.0 + step / 8, 3, 2)
    attempt.call_text = "16 tries within two seconds, at 2 a second, with nothing left before"
    attempt.result_text = None
    nudge = "A try that is refused must lose nothing: a quarter has come back each time. Keep it."
    if allowed > 4:
        nudge = "What has come back once must not come back again: write `now` into the budget."
    attempt.equal(allowed, 4, nudge)


def ask(
    attempt: Attempt,
    budget: dict[str, float],
    now: float,
    most: float,
    rate: float,
    expected: bool | None = None,
    nudge: str = "",
) -> bool:
    """Ask once; refuse another answer than the expected one, if there is one."""
    try:
        got = attempt(budget, now, most, rate)
    except NotYet as failure:
        raise reword(failure, match_cause(failure, BUDGET_MEANINGS)) from failure.__cause__
    attempt.require(got is not None, "It returned None: return True or False.")
    attempt.of_type(got, bool)
    if expected is not None:
        attempt.equal(got, expected, nudge)
    return bool(got)


@exercise(
    hints=(
        "`messages[seen]` is the next one that the client has not got. Send it, and count on.",
        "While a `send` is awaited, `messages` grows: look at its length again each time.",
        "`while seen < len(messages):` … When it ends, nothing is missing, and without an "
        "`await` in between, `clients.add(websocket)` comes in time.",
    )
)
async def catch_up(attempt: Attempt) -> None:
    """Others go on talking during the catch-up; nothing is lost, and nothing is sent twice."""
    for said, seen, more in (
        (["one", "two", "three", "four"], 2, ["five", "six"]),
        (["one", "two"], 0, ["three"]),
        (["one", "two"], 2, []),
        (["hi", "yes", "no", "yes"], 1, [*"abcdefgh", "yes", *"ijklmnop"]),
    ):
        async with connect_crowd(["Alice", "Bob"]) as crowd:
            messages, clients = SharedList(said), SharedSet({crowd.everybody["Bob"]})
            websocket = BusyConnection(crowd.everybody["Alice"], messages, clients, seen, more)
            title = f"catch_up(websocket, messages, clients, {seen}): messages has {len(said)}"
            title += ", and more are said in the meantime" if more else ""
            try:
                returned = await attempt(websocket, messages, clients, seen)
            except NotYet as failure:
                raise reword(failure, match_cause(failure, MEANINGS), title) from failure.__cause__
            attempt.call_text = title
            await let_tasks_run()
            await websocket.say("the last one")
            heard = await crowd.hear()
            everything = [*said, *websocket.said]
            nudge = explain_catch_up(heard["Alice"], everything, seen, returned)
            registered = crowd.everybody["Bob"] in clients
            attempt.require(registered, "Bob is still there: leave him in `clients`.")
            if nudge:
                attempt.result_text = None
                refuse(attempt, heard["Alice"], repr(everything[seen:]), nudge, "Alice got")
            intact = messages == everything
            attempt.require(intact, "`messages` belongs to everybody: leave it as it was.")
