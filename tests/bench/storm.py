"""Everybody votes at once: how long until each has the exact totals, and what that costs."""

import json
import random
import time
from dataclasses import dataclass
from typing import Any

from tests.bench.load import Client, Crowd, SocketIO, gather
from tests.bench.servers import Contender, ours, peer, started

WITHIN_S = 0.5  # from the first vote to the last
OPTIONS = 3


class Voters(SocketIO):
    """Each voter is known by a token of its own."""

    def __init__(self) -> None:
        super().__init__(b'["voter"')

    def auth(self, name: str) -> dict[str, Any]:
        return {"voter": name.replace(" ", "-").ljust(32, "x")}


CONTENDERS = [
    ours("vote", Voters()),
    peer("Node socket.io, a broadcast a vote", "vote.mjs", Voters()),
]


@dataclass(frozen=True)
class Storm:
    """What one storm has measured."""

    exact_s: float  # from the first vote until the last voter has the exact totals
    after_last_s: float  # the same, from the last vote
    bytes_a_voter: float


def ask(crowd: Crowd, client: Client, event: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Emit an event, and wait for its acknowledgement."""
    client.kept = b""
    client.say(f"427[{json.dumps(event)},{json.dumps(fields)}]")

    def answers() -> list[str]:
        return [words for words in client.messages() if words.startswith("437[")]

    crowd.until(lambda: b"437[" in (client.kept or b"") and bool(answers()))
    answer: dict[str, Any] = json.loads(answers()[0][3:])[0]
    client.kept = None
    assert answer["ok"], answer
    return answer


def measure(contender: Contender, count: int) -> Storm:
    """Let so many vote against a fresh server."""
    chance = random.Random(count)
    with started(contender) as server:
        crowd = Crowd(server.url, contender.flavour.path)
        try:
            voters = gather(crowd, contender.flavour, (f"voter {n}" for n in range(count)))
            poll = {"id": "1", "question": "?", "options": ["A", "B", "C"], "owner": "o" * 32}
            code = ask(crowd, voters[0], "create", poll)["code"]
            for voter in voters:
                ask(crowd, voter, "open", {"code": code})
            for voter in voters:
                voter.kept, voter.count = b"", 0
            choices = [chance.randrange(OPTIONS) for _ in voters]
            return _storm(crowd, voters, code, choices)
        finally:
            crowd.close()


def _storm(crowd: Crowd, voters: list[Client], code: str, choices: list[int]) -> Storm:
    began = time.perf_counter()
    casting = list(zip(voters, choices, strict=True))[::-1]
    waiting = {voter.fd: voter for voter in voters}
    exact = json.dumps([choices.count(n) for n in range(OPTIONS)], separators=(",", ":"))
    wanted = f'"totals":{exact},"voters":{len(voters)}'.encode()
    last = began
    while waiting:
        due = (time.perf_counter() - began) / WITHIN_S * len(voters)
        while casting and len(voters) - len(casting) < due:
            voter, choice = casting.pop()
            last = time.perf_counter()
            voter.say("421" + json.dumps(["cast", {"code": code, "option": choice, "turn": 1}]))
        for client in crowd.turn(0.001 if casting else 1):
            if client.fd in waiting and wanted in (client.kept or b""):
                del waiting[client.fd]
            client.kept = (client.kept or b"")[-300:]
    now = time.perf_counter()
    return Storm(now - began, now - last, sum(voter.count for voter in voters) / len(voters))
