"""The buttons of the live page: messages that ask for a fault, and what comes of them.

    {"type": "cut"}    {"type": "freeze"}    {"type": "delay", "ms": 500}    {"type": "heal"}

They do to the tap what `wire.cut()` and the others do, and leave the same marks.

1. Only the page may ask: a viewer whose handshake had an `Origin`, and it was let in, so it is
   the page's own. A page from elsewhere is not let in, and a program has the tap's methods.
2. Whatever else a message is, it changes nothing. It gets an error, in one line.
3. A viewer may ask `BURST` times at once, and `PER_SECOND` times a second after that. One that
   asks on and on is told to leave.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any

from helpers.recorder.faults import check_delay
from helpers.recorder.relay import Relay
from helpers.serving.ratelimit import Bucket
from helpers.serving.schema import Field, Refusal, read

BURST = 20
PER_SECOND = 5
FIELDS: dict[str, dict[str, Field]] = {
    "cut": {},
    "freeze": {},
    "delay": {"ms": Field(int)},
    "heal": {},
}

Change = Callable[[], Coroutine[Any, Any, None]]


class Commands:
    """What one viewer asks for.

    Args:
        relay: whose faults it changes, on the relay's loop.
        origin: what the viewer's handshake had as `Origin`; None for a program.
    """

    def __init__(self, relay: Relay, origin: str | None) -> None:
        self._relay = relay
        self._origin = origin
        self._bucket = Bucket(BURST, PER_SECOND)

    @property
    def exhausted(self) -> bool:
        """Whether the viewer has asked too much for too long."""
        return self._bucket.exhausted

    async def obey(self, raw: str | bytes) -> None:
        """Do what a message asks for.

        Raises:
            Refusal: nothing has changed, and this is why.
        """
        self._bucket.take()
        if self._origin is None:
            raise Refusal("not_the_page", "only the live page itself can set faults here")
        change = self._find_change(read(raw, FIELDS))
        try:
            await self._relay.fault(change)
        except OSError as error:  # another program has taken the port meanwhile
            fact = f"port {self._relay.port} cannot be opened again: {error.strerror}"
            raise Refusal("not_healed", fact) from error

    def _find_change(self, command: dict[str, Any]) -> Change:
        match command["type"]:
            case "cut":
                return self._relay.cut
            case "freeze":
                return self._relay.freeze
            case "heal":
                return self._relay.heal
        try:
            return functools.partial(self._relay.delay, check_delay(command["ms"]))
        except ValueError as error:
            raise Refusal("bad_field", str(error)) from None
