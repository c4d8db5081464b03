"""Who is present: a lost connection keeps its place for a while, and a newer one replaces it."""

import asyncio

from helpers.serving.presence import Place, Roster

DEADLINE_S = 10
RETURN_S = 0.05


class Rooms(Roster[Place[str], str]):
    """A roster that notes what it does with connections and with those who leave."""

    def __init__(self, return_s: float = RETURN_S) -> None:
        super().__init__(self.note_leaving, return_s)
        self.ended: list[str] = []
        self.left: list[str] = []
        self.somebody_left = asyncio.Event()

    def note_leaving(self, member: Place[str]) -> None:
        self.left.append(member.name)
        self.somebody_left.set()

    def replaced(self, older: str) -> None:
        self.ended.append(older)

    def come(self, name: str, connection: str) -> Place[str]:
        return self.enter(Place(name, name), connection)[0]

    async def until_somebody_left(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await self.somebody_left.wait()


async def test_whoever_comes_back_in_time_keeps_the_place_for_good() -> None:
    rooms = Rooms()
    alice, bob = rooms.come("Alice", "first"), rooms.come("Bob", "his")
    rooms.connection_lost(alice, "first", goodbye=False)
    assert rooms.come("Alice", "second") is alice
    rooms.connection_lost(bob, "his", goodbye=False)  # so his time is over after hers
    await rooms.until_somebody_left()
    assert rooms.left == ["Bob"]
    assert (list(rooms.members), alice.connection) == (["Alice"], "second")


async def test_losing_the_connection_again_starts_the_time_again() -> None:
    rooms = Rooms()
    alice = rooms.come("Alice", "first")
    rooms.keep_for(alice, 0)
    rooms.keep_for(alice, 60)
    bob = rooms.come("Bob", "his")
    rooms.connection_lost(bob, "his", goodbye=False)
    await rooms.until_somebody_left()
    assert rooms.left == ["Bob"]


async def test_a_goodbye_gives_the_place_up_at_once() -> None:
    rooms = Rooms(return_s=60)
    alice = rooms.come("Alice", "first")
    rooms.connection_lost(alice, "first", goodbye=True)
    await rooms.until_somebody_left()
    assert (rooms.left, rooms.members) == (["Alice"], {})


async def test_the_end_of_a_connection_that_was_replaced_changes_nothing() -> None:
    rooms = Rooms(return_s=0)
    alice = rooms.come("Alice", "first")
    assert rooms.come("Alice", "second") is alice
    assert rooms.ended == ["first"]
    rooms.connection_lost(alice, "first", goodbye=True)
    assert (alice.connection, alice.leaving) == ("second", None)
