"""A solution is shown with all that it needs, and nothing else."""

import pytest

from helpers.exercises.engine.help import cut_out, solution_source
from helpers.exercises.engine.registry import exercises, topics

MODULE = '''
"""Solutions."""
from __future__ import annotations

import base64, hashlib
import os.path
from asyncio import sleep, timeout as limit

GUID = "258EAFA5"
UNUSED = 1


def hashed(text):
    return hashlib.sha1((text + GUID).encode())


def accept_key(key):
    """Return it."""
    # one line
    return base64.b64encode(hashed(key).digest())


async def later(path: os.PathLike):
    async with limit(1):
        await sleep(0)
'''


def test_a_function_comes_with_what_it_needs() -> None:
    assert cut_out(MODULE, "accept_key") == (
        'import base64, hashlib\n\nGUID = "258EAFA5"\n\ndef hashed(text):\n'
        "    return hashlib.sha1((text + GUID).encode())\n\n"
        'def accept_key(key):\n    """Return it."""\n    # one line\n'
        "    return base64.b64encode(hashed(key).digest())"
    )


def test_names_of_imports_stay() -> None:
    assert cut_out(MODULE, "later").startswith(
        "import os.path\nfrom asyncio import sleep, timeout as limit\n\nasync def later("
    )


def test_an_unknown_solution() -> None:
    with pytest.raises(LookupError, match="there is no solution 'nothing'"):
        cut_out(MODULE, "nothing")


ALL = [exercise for topic in topics() for exercise in exercises(topic)]


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_every_solution_defines_its_function(exercise: object) -> None:
    from helpers.exercises.engine.exercise import Exercise

    assert isinstance(exercise, Exercise)
    namespace: dict[str, object] = {}
    exec(solution_source(exercise).text, namespace)
    assert callable(namespace[exercise.name])
