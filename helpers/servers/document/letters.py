"""The letters of the document in their order, as Yjs orders them, without any library.

It knows what an update does before a library does it, and what that costs:

1. Letters are written between two others, their origins; those are known, the left one first.
2. What others wrote there at the same time is looked at, one run after the other: `Effort`.
3. Nothing waits for what is missing, and letters are whole: no surrogate pair is torn apart.

A refused update leaves everything as it was.
"""

from collections.abc import Mapping
from typing import NamedTuple

from helpers.servers.document.effort import Effort
from helpers.servers.document.encoding import bad
from helpers.servers.document.runs import Run, Runs
from helpers.servers.document.updates import Deletions, Range, Struct, Structs, Update, is_low
from helpers.serving.schema import Refusal

MISSING = "expected an update that follows what the server has: send the whole document"


class Merged(NamedTuple):
    """What was new in an update, and how many of its structs wait for what is missing."""

    update: Update
    waiting: int


class Letters(Runs):
    """The letters, and how updates are merged into them."""

    def clamped(self, state: Mapping[int, int]) -> dict[int, int]:
        """Return what a client really has, that has this state: known, and whole characters."""
        clocks = {}
        for client, clock in state.items():
            if clock and client in self.runs:
                clock = min(clock, self.known(client))
                run = self.holding(client, clock)
                torn = clock < run.end and run.units and is_low(run.units, clock - run.clock)
                clocks[client] = clock - 1 if torn else clock
        return clocks

    def news(self, structs: Structs) -> Structs:
        """Return what is not known yet of structs."""
        found = {}
        for client, every in structs.items():
            known = self.known(client)
            if new := [
                struct if struct.clock >= known else struct.after(client, known)
                for struct in every
                if struct.clock + struct.length > known
            ]:
                found[client] = new
        return found

    def merge(
        self,
        new: Structs,
        deletions: Deletions,
        effort: Effort,
        *,
        partly: bool = False,
    ) -> Merged:
        """Merge what is new.

        Args:
            new: as `news` returns it.
            deletions: what is to be deleted, deleted already or not.
            effort: what it may cost.
            partly: leave out what waits for something that is missing, instead of refusing all.

        Raises:
            Refusal: bad_update, or not_saved when something is missing; nothing is merged then.
        """
        added: list[Run] = []
        try:
            waiting = self._integrate_all(new, effort, added)
            wanted, late = self._existing(deletions, effort)
            if (waiting or late) and not partly:
                raise Refusal("not_saved", MISSING)
        except BaseException:
            self._take_back(added)
            self.join_again()
            raise
        for run in added:
            self.join(run)
        gone = {client: self._delete(client, ranges) for client, ranges in wanted.items()}
        self.join_again()
        structs = {
            client: [struct for struct in new[client] if struct.clock < self.known(client)]
            for client in {run.client for run in added}
        }
        return Merged(
            Update(structs, {client: ranges for client, ranges in gone.items() if ranges}),
            waiting + late,
        )

    def _integrate_all(self, new: Structs, effort: Effort, added: list[Run]) -> int:
        """Integrate structs in the order of Yjs: the highest client first, but origins before."""
        queues = {client: structs[::-1] for client, structs in new.items()}
        waiting = 0
        for first in sorted(queues, reverse=True):
            stack, stacked = [first], {first}
            while stack:
                client = stack[-1]
                queue = queues[client]
                missing = self._missing(client, queue[-1]) if queue else None
                if queue and missing is None:
                    added.append(self._integrate(client, queue.pop(), effort))
                if missing is None:
                    if len(stack) > 1 or not queue:
                        stacked.discard(stack.pop())
                elif queues.get(missing) and missing not in stacked:
                    stack.append(missing)
                    stacked.add(missing)
                else:
                    waiting += sum(len(queues[each]) for each in stack)
                    for each in stack:
                        queues[each] = []
                    break
        return waiting

    def _missing(self, client: int, struct: Struct) -> int | None:
        """Return the client of whom something must come first."""
        if struct.clock > self.known(client):
            return client
        for side in (struct.origin, struct.right_origin):
            if side and side[0] != client and side[1] >= self.known(side[0]):
                return side[0]
        return None

    def _integrate(self, client: int, struct: Struct, effort: Effort) -> Run:
        """Put letters where Yjs would put them (Item.integrate)."""
        right = self.starting_with(*struct.right_origin) if struct.right_origin else None
        left = self.ending_with(*struct.origin) if struct.origin else None
        run = Run(client, struct)
        after = left.right if left else self.first
        if after is not right:
            left = self._place(run, left, self._between(after, right, effort))
            after = left.right if left else self.first
        self.link(run, left, after)
        runs = self.runs.setdefault(client, [])
        runs.append(run)
        effort.spend(1)
        return run

    def _between(self, run: Run | None, right: Run | None, effort: Effort) -> list[Run]:
        found = []
        while run is not right:
            if run is None:
                raise bad("expected the left origin before the right one, got them the other way")
            found.append(run)
            if not len(found) % 64:
                effort.spend(64)
            run = run.right
        effort.spend(len(found) % 64)
        return found

    def _place(self, run: Run, left: Run | None, between: list[Run]) -> Run | None:
        """Find the run after which a new one goes, among those that others wrote there."""
        conflicting, passed = set[Run](), set[Run]()
        for other in between:
            passed.add(other)
            conflicting.add(other)
            if other.origin == run.origin:
                if other.client < run.client:
                    left = other
                    conflicting.clear()
                elif other.right_origin == run.right_origin:
                    break
            elif other.origin and (origin := self.holding(*other.origin)) in passed:
                if origin not in conflicting:
                    left = other
                    conflicting.clear()
            else:
                break
        return left

    def _take_back(self, added: list[Run]) -> None:
        """Take out what was just added, with what it was split into."""
        first: dict[int, int] = {}
        for run in added:
            first.setdefault(run.client, run.clock)
        for client, clock in first.items():
            runs = self.runs[client]
            while runs and runs[-1].clock >= clock:
                self.unlink(runs.pop())
            if not runs:
                del self.runs[client]

    def _existing(self, deletions: Deletions, effort: Effort) -> tuple[Deletions, int]:
        """Return what there is of deletions, cut at their ends, and how many have to wait."""
        found: Deletions = {}
        waiting = 0
        for client, ranges in deletions.items():
            known = self.known(client)
            for clock, length in ranges:
                end = min(clock + length, known)
                waiting += end < clock + length
                if clock < end:
                    first = self.index(client, clock)
                    effort.spend(self.index(client, end - 1) - first + 1)
                    self._check_cut(client, clock)
                    self._check_cut(client, end)
                    found.setdefault(client, []).append((clock, end - clock))
        return found, waiting

    def _check_cut(self, client: int, clock: int) -> None:
        run = self.holding(client, clock)
        if clock < run.end and run.units and is_low(run.units, clock - run.clock):
            raise bad(f"expected whole characters of client {client}, got half of one deleted")

    def _delete(self, client: int, ranges: list[Range]) -> list[Range]:
        """Delete letters; return those that were not deleted before."""
        gone: list[Range] = []
        for clock, length in ranges:
            end = clock + length
            index = self.index(client, clock)
            while index < len(self.runs[client]) and self.runs[client][index].clock < end:
                run = self.runs[client][index]
                if run.units is not None:
                    if run.clock < clock:
                        run = self.split(index, run, clock - run.clock)
                    if run.end > end:
                        self.split(self.index(client, run.clock), run, end - run.clock)
                    run.units = None
                    gone.append((run.clock, run.length))
                index = self.index(client, run.clock) + 1
        for start, _ in gone:
            run = self.holding(client, start)
            if run.right:
                self.join(run.right)
            self.join(run)
        return _without_seams(sorted(gone))


def _without_seams(ranges: list[Range]) -> list[Range]:
    joined: list[Range] = []
    for clock, length in ranges:
        if joined and sum(joined[-1]) == clock:
            joined[-1] = (joined[-1][0], joined[-1][1] + length)
        else:
            joined.append((clock, length))
    return joined
