"""The four names that a cell uses: what they print, and that they never raise."""

import asyncio
import sys
from types import ModuleType

import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers.exercises.engine import registry
from helpers.exercises.engine.check import Note, check, hint, progress, solution

pytestmark = pytest.mark.usefixtures("sample")


def double(numbers: list[int]) -> list[int]:
    return [2 * number for number in numbers]


async def later(text: str) -> str:
    return text.upper()


def test_correct_counts_what_is_solved(capsys: pytest.CaptureFixture[str]) -> None:
    check.double(double)
    assert capsys.readouterr().out == (
        "correct: `double`, well done; 1 of 2 solved in this notebook.\n"
    )
    asyncio.run(wait_for(check.later(later)))
    assert capsys.readouterr().out == (
        "correct: `later`, that's it; all 2 exercises of this notebook are solved.\n"
    )


def test_solving_again_counts_once(capsys: pytest.CaptureFixture[str]) -> None:
    check.double(double)
    first = capsys.readouterr().out
    check.double(double)
    assert capsys.readouterr().out == first


def test_a_stub_is_not_tried_yet(capsys: pytest.CaptureFixture[str]) -> None:
    def double(numbers: list[int]) -> None: ...

    check.double(double)
    assert capsys.readouterr().out == (
        "not tried yet: write the body of `double` in the cell above and run it.\n"
        '  Then run this cell again. `hint("double")` helps.\n'
    )


def test_not_yet_shows_input_result_and_nudge(capsys: pytest.CaptureFixture[str]) -> None:
    check.double(lambda numbers: numbers * 2)
    assert capsys.readouterr().out == (
        "not yet: double([1, 2])\n  returned  [1, 2, 1, 2]\n  That repeats the list.\n"
    )


def test_a_wrong_answer_does_not_take_a_solved_one_back() -> None:
    check.double(double)
    check.double(lambda numbers: numbers)
    assert "1 of 2" in repr(progress())


@pytest.mark.parametrize("given", [None, [2, 4], "double", 7])
def test_a_result_in_the_place_of_the_function(
    given: object, capsys: pytest.CaptureFixture[str]
) -> None:
    check.double(given)
    assert capsys.readouterr().out == (
        f"not yet: double\n  you gave  {given!r}\n  Give the check your function, not its "
        "result: `check.double(double)`, without a call inside.\n"
    )


def test_a_called_coroutine_in_the_place_of_the_function(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asyncio.run(wait_for(check.later(later("a"))))
    assert "`await check.later(later)`, without a call inside." in capsys.readouterr().out


def test_a_check_that_is_not_awaited_says_so() -> None:
    assert repr(check.later(later)) == "nothing is checked yet: write `await check.later(later)`"


def test_a_note_on_an_unawaited_check_has_both_twins() -> None:
    pending = check.later(later)
    assert isinstance(pending, Note)
    assert "<code>await check.later(later)</code>" in pending._repr_html_()


def test_an_unknown_exercise_lists_names_nearby(capsys: pytest.CaptureFixture[str]) -> None:
    told = "there is no exercise 'duble'; did you mean 'double'?"
    assert repr(check.duble) == told
    check.duble(double)
    asyncio.run(wait_for(check.duble(double)))
    asyncio.run(wait_for(check.duble))
    assert capsys.readouterr().out == f"{told}\n" * 3


def test_a_plain_check_can_be_awaited(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(wait_for(check.double(double)))
    assert capsys.readouterr().out.startswith("correct: `double`")
    assert repr(check.double(double)) == ""


def test_nothing_of_a_check_is_displayed_twice() -> None:
    """What a cell ends with is displayed by IPython, unless it displays itself."""
    shell = InteractiveShell.instance()
    assert shell.display_formatter is not None
    assert shell.display_formatter.format(check.double(double)) == ({}, {})
    InteractiveShell.clear_instance()


def test_a_check_without_its_function_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    told = "hand over your function: `await check.later(later)`"
    assert repr(check.later) == told
    check.later()
    check.later(later, "a")
    check.later(function=later)
    asyncio.run(wait_for(check.later))
    assert capsys.readouterr().out == f"{told}\n" * 4
    assert repr(check.double) == "hand over your function: `check.double(double)`"


def test_an_answer_that_calls_its_own_check(capsys: pytest.CaptureFixture[str]) -> None:
    calls = []

    def calling(numbers: list[int]) -> list[int]:
        calls.append(1)
        check.double(calling)
        return double(numbers)

    async def calling_later(text: str) -> str:
        calls.append(1)
        await check.later(calling_later)
        return text

    check.double(calling)
    asyncio.run(wait_for(check.later(calling_later)))
    assert capsys.readouterr().out.count("belongs in a cell of its own") == 2
    assert len(calls) == 2


def test_hints_go_one_step_further_and_begin_again(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(4):
        hint("double")
    assert capsys.readouterr().out.splitlines() == [
        "hint 1 of 2: think",
        "hint 2 of 2: double each number",
        "that was the last hint for `double`.",
        '  `solution("double")` shows one answer; `hint("double")` begins again.',
        "hint 1 of 2: think",
    ]


def test_a_hint_can_be_asked_for_with_the_function(capsys: pytest.CaptureFixture[str]) -> None:
    hint(double)
    assert capsys.readouterr().out == "hint 1 of 2: think\n"


@pytest.mark.parametrize("ask", [hint, solution])
def test_help_with_an_unknown_name(ask: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(ask)
    ask("zzz")
    assert (
        capsys.readouterr().out == "there is no exercise 'zzz'; the exercises are: double, later\n"
    )


def test_no_solution_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    solution("double")
    assert capsys.readouterr().out == (
        "there are no solutions in helpers/lessons/sample/solutions.py\n"
    )


def test_progress_names_what_is_left() -> None:
    assert repr(progress()).splitlines()[1] == "sample      ░░  0 of 2  double, later"
    check.double(double)
    assert "<td" in progress()._repr_html_()
    assert repr(progress()).splitlines()[1] == "sample      █░  1 of 2  later"


def test_the_check_says_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    check(double)
    assert capsys.readouterr().out == f"{check!r}\n"
    assert "`check.NAME(NAME)`" in repr(check)
    assert dir(check) == ["double", "later"]


def test_one_broken_topic_does_not_hide_another(
    sample: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "topics", lambda: ["gone", "sample"])
    assert registry.find("double") is sample.double
    with pytest.raises(LookupError, match=r"gone/checks\.py cannot be imported: ModuleNotFound"):
        registry.find("nothing")
    assert "helpers.lessons.gone" not in sys.modules


async def wait_for(pending: object) -> None:
    await pending  # type: ignore[misc]
