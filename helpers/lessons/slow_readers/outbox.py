"""The outbox of the lesson's cells, which its check and its solution need as well."""

from __future__ import annotations

import asyncio


class Outbox:
    """What is still to be sent to one client.

    Attributes:
        messages: a queue of strings.
        size: how many bytes of them are waiting.
    """

    def __init__(self) -> None:
        self.messages: asyncio.Queue[str] = asyncio.Queue()
        self.size = 0

    def __repr__(self) -> str:
        return f"outbox with {self.size} bytes"
