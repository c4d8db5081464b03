"""A lesson's program calls the learner's function once its check has passed, and no sooner."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from importlib.util import find_spec

import pytest

from helpers import check, yours
from helpers.exercises.engine import yours as module
from helpers.exercises.engine.registry import exercises, topics


@pytest.fixture(autouse=True)
def _nothing_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_passed", {})


def shout(message: str) -> str:
    return message.upper() + "!"


def loud(message: str) -> str:
    return f"{message}!".upper()


def quiet(message: str) -> str:
    return message


def stub(message: str) -> str: ...  # type: ignore[empty-body]


def test_until_the_check_passes_something_stands_in() -> None:
    part = yours.shout
    for answer in (stub, str.upper):
        check.shout(answer)
        assert part("hi") == "hi"  # what the naive one says
        assert not part.is_yours
    assert "until `check.shout(shout)` says correct" in repr(part)


def test_a_program_that_runs_changes_with_the_check() -> None:
    calls: list[str] = []

    def mine(message: str) -> str:
        calls.append(message)
        return shout(message)

    part = yours.shout  # a server that is running holds this one
    assert part("one") == "one"
    check.shout(mine)
    calls.clear()
    assert part("two") == "TWO!"
    assert calls == ["two"]
    assert repr(part) == "shout: yours"
    assert repr(yours) == "yours: shout"


def test_the_last_one_that_passed_stays() -> None:
    check.shout(shout)
    check.shout(loud)
    check.shout(quiet)
    assert module._passed["shout"] is loud


def test_an_awaited_one_is_awaited() -> None:
    sent: list[str] = []

    class Socket:
        async def send(self, text: str) -> None:
            sent.append(text)

        async def __aiter__(self) -> AsyncIterator[str]:
            yield "abc"

    asyncio.run(yours.reverse(Socket()))
    assert sent == ["abc"]  # what the naive one says
    assert "`await check.reverse(reverse)`" in repr(yours.reverse)


@pytest.mark.parametrize("name", [e.name for t in topics() for e in exercises(t)])
def test_every_exercise_has_something_that_stands_in(name: str) -> None:
    assert callable(getattr(yours, name)._stand_in())


def test_a_naive_one_comes_before_the_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import ModuleType

    naive = ModuleType("helpers.lessons.start_here.naive")
    quiet.__module__, naive.shout = naive.__name__, quiet  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, naive.__name__, naive)
    naive.__spec__ = find_spec("helpers.lessons.start_here.solutions")
    assert yours.shout("hi") == "hi"
    assert repr(yours.shout).startswith("shout: naive, until")


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(AttributeError, match="did you mean 'shout'"):
        yours.shot  # noqa: B018
    assert "shout" in dir(yours)


def test_show_source_shows_what_stands_in_and_then_the_learners() -> None:
    from helpers.lessons.websockets import naive
    from helpers.pictures.source import source_picture

    assert inspect.getsource(naive.calculator).strip() in str(source_picture(yours.calculator))
    check.shout(shout)
    assert "message.upper()" in str(source_picture(yours.shout))
