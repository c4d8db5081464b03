"""What a server has to say, kept: messages in their order, and a way to wait for more of them."""

from __future__ import annotations

import asyncio


class Feed:
    """A list of messages that can be waited for.

    Attributes:
        messages: all of them, the oldest first; message number 1 is `messages[0]`.
    """

    def __init__(self) -> None:
        self.messages: list[str] = []
        self._more = asyncio.Condition()

    async def add(self, text: str) -> None:
        """Add a message, and wake whoever waits for one."""
        async with self._more:
            self.messages.append(text)
            self._more.notify_all()

    async def grown(self, known: int) -> None:
        """Wait until there are more messages than `known`."""
        async with self._more:
            await self._more.wait_for(lambda: len(self.messages) > known)
