"""A judge that trips, hangs or is handed nonsense still gives an outcome."""

import asyncio

from helpers.exercises.engine.exercise import Attempt, exercise


@exercise(hints=("a", "b"))
def first_item(attempt: Attempt) -> None:
    attempt.equal(attempt([1])[0], 1, "The first.")


@exercise(hints=("a", "b"))
def broken(attempt: Attempt) -> None:
    raise RuntimeError("a mistake in the check")


@exercise(hints=("a", "b"), total_s=0.2)
async def hanging(attempt: Attempt) -> None:
    await asyncio.Event().wait()


@exercise(hints=("a", "b"))
async def handler(attempt: Attempt) -> None:
    await attempt.guarded("connection")
    attempt.fail("No answer came.")


def test_a_result_that_the_judge_cannot_use() -> None:
    assert str(first_item.outcome(lambda items: 7)) == (
        "not yet: first_item([1])\n  returned       7\n"
        "  what happened  TypeError: 'int' object is not subscriptable\n"
        "  The check could not work with this result: is it what the exercise asks for?"
    )


def test_a_mistake_in_the_check_is_not_the_learners() -> None:
    assert "The check itself failed, which is not your fault" in str(broken.outcome(print))


def test_a_judge_that_hangs_ends() -> None:
    outcome = asyncio.run(hanging.outcome_later(print))
    assert str(outcome) == "not yet: hanging\n  It did not finish within 0.2 s."


def test_what_went_wrong_in_a_handler_comes_first() -> None:
    async def answer(connection: str) -> None:
        raise ValueError("inside")

    outcome = asyncio.run(handler.outcome_later(answer))
    assert "ValueError: inside" in str(outcome)
    assert "No answer came" not in str(outcome)


def test_what_an_exercise_knows_of_itself() -> None:
    assert (first_item.name, first_item.awaited, hanging.awaited) == ("first_item", False, True)
