"""A learner's handlers on a real Socket.IO server: who hears what, what goes wrong, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from socketio.exceptions import ConnectionRefusedError as Refusal

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.stage.listening import NO_ACKNOWLEDGEMENT
from helpers.exercises.stage.socketio import Emitted, Stage, serve_handlers

Scene = Callable[[Stage], Coroutine[Any, Any, None]]


def play(function: Any, scene: Scene) -> tuple[Attempt, set[str]]:
    """The attempt after a scene, and the names of the tasks that still run."""
    attempt = Attempt("f", function, awaited=True, timeout_s=0.5)

    async def run() -> set[str]:
        async with serve_handlers(attempt) as stage:
            await scene(stage)
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return {task.get_coro().__qualname__ for task in others}  # type: ignore[union-attr]

    return attempt, asyncio.run(run())


async def passes_on(sio: Any, sid: str, text: str) -> str:
    await sio.emit("message", text, skip_sid=sid)
    return "passed on"


def test_who_hears_what_and_the_acknowledgement() -> None:
    async def scene(stage: Stage) -> None:
        stage.on("say")
        alice, _bob = await stage.connect("Alice"), await stage.connect("Bob")
        assert await alice.ask("say", "Hi") == "passed on"
        heard = await stage.hear()
        assert heard == {"Alice": [], "Bob": [("message", "Hi")]}
        assert stage.emitted == [Emitted("message", "Hi", None, alice.sid)]
        assert await stage.hear() == {"Alice": [], "Bob": []}

    attempt, running = play(passes_on, scene)
    assert attempt.failure is None
    assert running == set()


def test_arguments_stand_between_the_server_and_the_sid() -> None:
    async def handler(sio: Any, names: str, sid: str, *data: Any) -> list[Any]:
        return [names, sid, *data]

    async def scene(stage: Stage) -> None:
        stage.on("say", "names")
        alice = await stage.connect("Alice")
        assert await alice.ask("say", 1, 2) == ["names", alice.sid, 1, 2]

    attempt, _ = play(handler, scene)
    assert attempt.failure is None


async def raises(sio: Any, sid: str, *data: Any) -> None:
    raise ValueError("not today")


async def spins(sio: Any, sid: str, *data: Any) -> None:
    while True:
        pass


async def waits(sio: Any, sid: str, *data: Any) -> None:
    await asyncio.get_running_loop().create_future()


async def drops(sio: Any, sid: str, *data: Any) -> None:
    await sio.disconnect(sid)


async def leaves_a_task(sio: Any, sid: str, *data: Any) -> None:
    kept.append(asyncio.create_task(waits(sio, sid)))


kept: list[asyncio.Task[None]] = []


def plain(sio: Any, sid: str, *data: Any) -> str:
    return "no coroutine"


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (raises, "ValueError: not today"),
        (spins, "it did not end within 0.5 s"),
        (waits, ""),
        (drops, ""),
        (leaves_a_task, ""),
        (plain, ""),
    ],
)
def test_it_ends_whatever_a_handler_does(function: Any, told: str) -> None:
    async def scene(stage: Stage) -> None:
        stage.on("say")
        alice = await stage.connect("Alice")
        await alice.ask("say", "Hi", within_s=0.8)
        await stage.hear()

    attempt, running = play(function, scene)
    facts = attempt.failure.facts if isinstance(attempt.failure, NotYet) else ()
    assert told in "".join(value for _, value in facts)
    assert (attempt.failure is not None) == (function in (raises, spins, plain))
    assert running == set()


def test_nobody_acknowledges_what_raised() -> None:
    async def scene(stage: Stage) -> None:
        stage.on("say")
        alice = await stage.connect("Alice")
        assert await alice.ask("say", "Hi", within_s=0.3) in (NO_ACKNOWLEDGEMENT, None)

    play(raises, scene)


@pytest.mark.parametrize("kind", [Refusal, ConnectionRefusedError])
def test_a_refused_connection_is_no_failure(kind: type[Exception]) -> None:
    async def connect(sio: Any, sid: str, environ: Any, auth: Any) -> None:
        if auth["name"] == "Mallory":
            raise kind("not you")

    async def scene(stage: Stage) -> None:
        stage.on("connect")
        alice = await stage.connect("Alice", {"name": "Alice"})
        mallory = await stage.connect("Mallory", {"name": "Mallory"})
        assert alice.refused is None
        own = kind is Refusal
        assert mallory.refused["message"] == ("not you" if own else "Connection refused by server")
        assert list(stage.clients) == ["Alice"]

    attempt, _ = play(connect, scene)
    assert attempt.failure is None


def test_a_handler_of_connect_that_raises_something_else_refuses() -> None:
    async def scene(stage: Stage) -> None:
        stage.on("connect")
        assert (await stage.connect("Alice", {"name": "Alice"})).refused

    attempt, _ = play(raises, scene)
    assert isinstance(attempt.failure, NotYet)


def test_who_leaves_has_left_when_the_judge_goes_on() -> None:
    async def slow(sio: Any, names: list[str], sid: str) -> None:
        await asyncio.sleep(0.1)
        names.append("left")
        await sio.emit("left", "Bob")

    class Names(list[str]):
        def __deepcopy__(self, _memo: object) -> Any:
            return self

    async def scene(stage: Stage) -> None:
        names = Names()
        stage.on("disconnect", names)
        await stage.connect("Alice")
        await stage.leave(await stage.connect("Bob"))
        assert names == ["left"]
        assert await stage.hear() == {"Alice": [("left", "Bob")]}

    attempt, _ = play(slow, scene)
    assert attempt.failure is None


def test_clients_answer_what_the_server_asks_or_are_silent() -> None:
    async def asks(sio: Any, sid: str, to: str, within_s: float) -> Any:
        try:
            return await sio.call("there?", to=to, timeout=within_s)
        except Exception as error:
            return type(error).__name__

    async def scene(stage: Stage) -> None:
        stage.on("ask")
        alice, bob = await stage.connect("Alice"), await stage.connect("Bob")
        alice.acknowledgements["there?"], bob.acknowledgements["there?"] = (
            "yes",
            NO_ACKNOWLEDGEMENT,
        )
        assert await alice.ask("ask", alice.sid, 3) == "yes"
        assert await alice.ask("ask", bob.sid, 0.2) == "TimeoutError"

    attempt, running = play(asks, scene)
    assert attempt.failure is None
    assert running == set()


def test_handlers_that_the_learner_registers_are_guarded() -> None:
    async def set_up(sio: Any) -> None:
        @sio.event
        async def say(sid: str, text: str) -> str:
            return text.upper()

        @sio.on("fail")
        async def fail(sid: str) -> None:
            raise KeyError("names")

    async def scene(stage: Stage) -> None:
        await stage.attempt.run(stage.sio)
        alice = await stage.connect("Alice")
        assert await alice.ask("say", "hi") == "HI"
        await alice.ask("fail", within_s=0.3)

    attempt, _ = play(set_up, scene)
    assert isinstance(attempt.failure, NotYet)
    assert "KeyError: 'names'" in dict(attempt.failure.facts)["what happened"]


def test_a_forgotten_await_is_told() -> None:
    async def forgets(sio: Any, sid: str, text: str) -> None:
        sio.emit("message", text)

    async def scene(stage: Stage) -> None:
        stage.on("say")
        alice = await stage.connect("Alice")
        await alice.ask("say", "Hi")
        assert await stage.hear() == {"Alice": []}
        with pytest.raises(NotYet) as refusal:
            stage.attempt.fail("")
        assert "Nobody awaited `emit(…)`" in refusal.value.lines[0]

    play(forgets, scene)
