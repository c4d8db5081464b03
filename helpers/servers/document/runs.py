"""Runs of letters, deleted ones too, in the order of the text and by client.

A run is what one client wrote in one go; it is split where somebody writes into it, or deletes a
part, and joined again as Yjs does. A surrogate pair is never split.
"""

from bisect import bisect_right
from operator import attrgetter

from helpers.servers.document.encoding import Id, bad
from helpers.servers.document.updates import Struct, is_low

CLOCK = attrgetter("clock")


class Run:
    """Letters of one client that stand one after the other.

    Attributes:
        units: UTF-16, little endian; None once they are deleted.
        left: the run before it in the text, deleted ones too.
        right: the run after it.
    """

    __slots__ = ("client", "clock", "left", "length", "origin", "right", "right_origin", "units")

    def __init__(self, client: int, struct: Struct) -> None:
        self.client = client
        self.clock, self.length, self.origin, self.right_origin, units = struct
        self.units = None if units is None else bytearray(units)
        self.left: Run | None = None
        self.right: Run | None = None

    @property
    def end(self) -> int:
        """The clock after its last letter."""
        return self.clock + self.length


class Runs:
    """All runs.

    Attributes:
        runs: by client, in the order of clocks.
    """

    def __init__(self) -> None:
        self.runs: dict[int, list[Run]] = {}
        self.first: Run | None = None
        self._cut: list[Run] = []  # second halves of what was split

    def known(self, client: int) -> int:
        """Return the next clock of a client."""
        runs = self.runs.get(client)
        return runs[-1].end if runs else 0

    def text(self) -> str:
        """Return the text."""
        pieces, run = [], self.first
        while run:
            pieces.append(run.units or b"")
            run = run.right
        return b"".join(pieces).decode("utf-16-le")

    def link(self, run: Run, left: Run | None, right: Run | None) -> None:
        """Put a run between two others."""
        run.left, run.right = left, right
        if left:
            left.right = run
        else:
            self.first = run
        if right:
            right.left = run

    def unlink(self, run: Run) -> None:
        """Take a run out of the text."""
        if run.left:
            run.left.right = run.right
        else:
            self.first = run.right
        if run.right:
            run.right.left = run.left

    def index(self, client: int, clock: int) -> int:
        """Return which of a client's runs holds a letter."""
        runs = self.runs[client]
        last = len(runs) - 1
        return last if runs[last].clock <= clock else bisect_right(runs, clock, key=CLOCK) - 1

    def holding(self, client: int, clock: int) -> Run:
        """Return the run that holds a letter."""
        return self.runs[client][self.index(client, clock)]

    def starting_with(self, client: int, clock: int) -> Run:
        """Return the run that starts with a letter, split off if need be."""
        index = self.index(client, clock)
        run = self.runs[client][index]
        return run if run.clock == clock else self.split(index, run, clock - run.clock)

    def ending_with(self, client: int, clock: int) -> Run:
        """Return the run that ends with a letter, split off if need be."""
        index = self.index(client, clock)
        run = self.runs[client][index]
        if run.end > clock + 1:
            self.split(index, run, clock + 1 - run.clock)
        return run

    def split(self, index: int, run: Run, offset: int) -> Run:
        """Make two runs of one; return the second.

        Raises:
            Refusal: bad_update, when a surrogate pair would be torn.
        """
        units = run.units
        if units is not None and is_low(units, offset):
            raise bad(f"expected whole characters of client {run.client}, got half of one")
        rest = None if units is None else bytes(units[2 * offset :])
        origin: Id = (run.client, run.clock + offset - 1)
        struct = Struct(run.clock + offset, run.length - offset, origin, run.right_origin, rest)
        second = Run(run.client, struct)
        run.length = offset
        run.units = None if units is None else units[: 2 * offset]
        self.link(second, run, run.right)
        self.runs[run.client].insert(index + 1, second)
        self._cut.append(second)
        return second

    def join_again(self) -> None:
        """Join what was split, where nothing is between."""
        for run in self._cut:
            if run.clock < self.known(run.client) and self.holding(run.client, run.clock) is run:
                self.join(run)
        self._cut.clear()

    def join(self, run: Run) -> None:
        """Make one run of two, as Yjs does: of what was written in one go."""
        left = run.left
        if (
            left
            and left.client == run.client
            and left.end == run.clock
            and run.origin == (run.client, run.clock - 1)
            and left.right_origin == run.right_origin
            and (left.units is None) == (run.units is None)
        ):
            left.length += run.length
            if left.units is not None and run.units is not None:
                left.units += run.units
            self.unlink(run)
            runs = self.runs[run.client]
            del runs[self.index(run.client, run.clock)]
