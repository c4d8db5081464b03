"""The packets of one direction: each is put together from a text and its attachments."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from helpers.wire.attachments import fill_placeholders
from helpers.wire.engineio import abbreviate
from helpers.wire.socketio import (
    MAX_ATTACHMENTS,
    Packet,
    SocketIOError,
    count_attachments,
    decode,
)
from helpers.wire.wording import size_text

MAX_BYTES = 16 * 2**20  # for the attachments of one packet together


@dataclass(slots=True)
class Reader:
    """Reads packets, with their attachments, from the messages of one direction.

    Attributes:
        max_attachments: the most attachments of one packet; more are refused.
        max_bytes: the most bytes in the attachments of one packet; more are refused.

    Source: Socket.IO protocol 5.
    """

    max_attachments: int = MAX_ATTACHMENTS
    max_bytes: int = MAX_BYTES
    _begun: Packet | None = field(default=None, init=False)
    _wanted: int = field(default=0, init=False)
    _attachments: list[bytes] = field(default_factory=list, init=False)

    @property
    def missing(self) -> int:
        """How many attachments of the packet under way have not arrived yet."""
        return self._wanted - len(self._attachments)

    def feed(self, message: str | bytes) -> Packet | None:
        """Read one message of Engine.IO.

        Args:
            message: its data: text, or the bytes of an attachment.

        Returns:
            The packet that the message completes; None while attachments are missing.

        Raises:
            SocketIOError: the packet is malformed, or an attachment is due, or not due.
        """
        if isinstance(message, bytes):
            return self._attach(message)
        if self.missing:
            wanted_now = count_attachments(self.missing)
            raise SocketIOError(f"expected {wanted_now}, got {abbreviate(message)}")
        packet, wanted = decode(message, max_attachments=self.max_attachments)
        if not wanted:
            return packet
        self._begun, self._wanted, self._attachments = packet, wanted, []
        return None

    def _attach(self, attachment: bytes) -> Packet | None:
        if self._begun is None:
            size = size_text(len(attachment))
            raise SocketIOError(f"expected a packet, got an attachment of {size}")
        size_bytes = sum(map(len, self._attachments)) + len(attachment)
        if size_bytes > self.max_bytes:
            self._begun, self._wanted, self._attachments = None, 0, []
            fact = f"attachments must be at most {size_text(self.max_bytes)} together here"
            raise SocketIOError(f"{fact}, got {size_text(size_bytes)}")
        self._attachments.append(attachment)
        if self.missing:
            return None
        begun, self._begun, self._wanted = self._begun, None, 0
        attachments, self._attachments = self._attachments, []
        return replace(begun, data=fill_placeholders(begun.data, attachments))
