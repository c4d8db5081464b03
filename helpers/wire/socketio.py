"""Socket.IO 5: connects, events and acknowledgements, inside the messages of Engine.IO.

    0{"token":"x"}           connect, with data             2["chat","hi"]       event
    1                        disconnect                     27["chat","hi"]      event, ack id 7
    37["ok"]                 ack of 7                       2/admin,["x"]        event in /admin
    4{"message":"no"}        connect_error                  51-["pic",{…}]       binary event

    type [attachments "-"] [namespace ","] [ack id] [JSON]

1. A packet without a namespace is in `/`.
2. A binary packet says how many attachments follow. Each is a binary message, in order, with
   nothing else in between; `{"_placeholder":true,"num":0}` marks where it belongs.
3. An event is an array whose first element is its name; an ack is an array, and has an id.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

from helpers.wire.attachments import (
    extract_attachments,
    fill_placeholders,
    find_placeholders,
    format_value,
)
from helpers.wire.engineio import abbreviate
from helpers.wire.wording import size_text

MAX_ATTACHMENTS = 100
MAX_BYTES = 16 * 2**20  # for the attachments of one packet together
MAX_DEPTH = 100  # of nested arrays and objects, so that recursion over them stays shallow
BRACKETS = re.compile(r"[\[{\]}]")
TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
HEAD = re.compile(r"([0-6])(?:(\d+)-)?(?:(/[^,]*),|(/[^,]*)$)?(\d*)(.*)", re.DOTALL | re.ASCII)


class SocketIOError(ValueError):
    """A malformed Socket.IO packet; `str(error)` says what is wrong, and names the rule.

    Args:
        fact: what is wrong, expected and got.

    Source: Socket.IO protocol 5.
    """

    def __init__(self, fact: str) -> None:
        super().__init__(f"{fact} (Socket.IO protocol 5, packet encoding)")


class PacketType(IntEnum):
    """What a packet is, by the names of the protocol.

    Source: Socket.IO protocol 5.
    """

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


BINARY = {
    PacketType.EVENT: PacketType.BINARY_EVENT,
    PacketType.ACK: PacketType.BINARY_ACK,
}
PLAIN = {binary: plain for plain, binary in BINARY.items()}


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, with its attachments in their places.

    Attributes:
        type: what it is; EVENT or ACK even if it is binary on the wire.
        data: the value of the JSON, with bytes in place of the placeholders; None without JSON.
        namespace: `/` or another.
        id: the id of the acknowledgement that is requested, or given.

    Source: Socket.IO protocol 5.
    """

    type: PacketType
    data: Any = None
    namespace: str = "/"
    id: int | None = None

    @property
    def event(self) -> Any:
        """The name of an event; None for other packets."""
        return self.data[0] if self.type is PacketType.EVENT else None

    @property
    def arguments(self) -> list[Any]:
        """What an event carries after its name, or an acknowledgement as a whole."""
        if self.type is PacketType.EVENT:
            return list(self.data[1:])
        return list(self.data) if self.type is PacketType.ACK else []

    def encode(self) -> list[str | bytes]:
        """Return the packet as messages of Engine.IO: one of text, then its attachments.

        Raises:
            SocketIOError: the protocol does not allow it.
        """
        check(self)
        attachments: list[bytes] = []
        data = extract_attachments(self.data, attachments)
        kind = BINARY[self.type] if attachments else self.type
        count = f"{len(attachments)}-" if attachments else ""
        namespace = "" if self.namespace == "/" else f"{self.namespace},"
        number = "" if self.id is None else str(self.id)
        text = "" if data is None else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return [f"{kind:d}{count}{namespace}{number}{text}", *attachments]

    def __str__(self) -> str:
        where = "" if self.namespace == "/" else f" in {self.namespace}"
        number = "" if self.id is None else f" · id {self.id}"
        values = ", ".join(format_value(value) for value in self.arguments)
        match self.type:
            case PacketType.EVENT:
                return f"event {format_value(self.event)}({values}){where}{number}"
            case PacketType.ACK:
                return f"ack({values}){where}{number}"
            case kind:
                data = "" if self.data is None else f" {format_value(self.data)}"
                return f"{kind.name.lower()}{data}{where}"


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
            wanted_now = _attachments(self.missing)
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


def decode(text: str, *, max_attachments: int = MAX_ATTACHMENTS) -> tuple[Packet, int]:
    """Read the text of a packet.

    Args:
        text: the data of an Engine.IO message.
        max_attachments: the most attachments; more are refused.

    Returns:
        The packet, with placeholders in place of its attachments, and how many they are.

    Raises:
        SocketIOError: the packet is malformed.

    Source: Socket.IO protocol 5.
    """
    found = HEAD.fullmatch(text)
    if not found:
        raise SocketIOError(f"a packet begins with its type, 0 to 6, got {abbreviate(text[:1])}")
    kind, count, namespace, alone, number, rest = found.groups()
    kind, attachments = PacketType(int(kind)), _count(count, max_attachments)
    if (kind in PLAIN) != (count is not None):
        has = "has a number of attachments" if kind in PLAIN else "has no attachments"
        raise SocketIOError(f"{kind.name.lower()} {has}, got {abbreviate(text)}")
    if len(number) > 16:
        raise SocketIOError(f"an ack id has at most 16 digits, got {len(number)}")
    data = _json(rest) if rest else None
    id_ = int(number) if number else None
    packet = Packet(PLAIN.get(kind, kind), data, namespace or alone or "/", id_)
    check(packet)
    _check_placeholders(packet.data, attachments)
    return packet, attachments


def _count(digits: str | None, most: int) -> int:
    if digits is None:
        return 0
    if len(digits) > 9 or int(digits) > most:
        raise SocketIOError(f"a packet may have {_attachments(most)} here, got {digits[:12]}")
    return int(digits)


def _json(text: str) -> Any:
    depth = 0
    for bracket in BRACKETS.findall(TEXTS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            fact = f"expected JSON with at most {MAX_DEPTH} levels of arrays and objects"
            raise SocketIOError(f"{fact}, got {abbreviate(text)}")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SocketIOError(f"expected JSON, got {abbreviate(text)}") from error


def check(packet: Packet) -> None:
    """Do nothing if the protocol allows a packet.

    Raises:
        SocketIOError: it does not; `str(error)` says why.

    Source: Socket.IO protocol 5.
    """
    name, data = packet.type.name.lower(), packet.data
    wrong = f"got {abbreviate(repr(data))}"
    if packet.type in PLAIN:
        raise SocketIOError(f"{name} is written as {PLAIN[packet.type].name.lower()}, with bytes")
    if not packet.namespace.startswith("/") or "," in packet.namespace:
        fact = "a namespace begins with / and has no comma, got"
        raise SocketIOError(f"{fact} {abbreviate(packet.namespace)}")
    if packet.id is not None and packet.type not in BINARY:
        raise SocketIOError(f"{name} has no ack id, got {packet.id}")
    match packet.type:
        case PacketType.CONNECT if data is not None and not isinstance(data, dict):
            raise SocketIOError(f"connect carries an object or nothing, {wrong}")
        case PacketType.DISCONNECT if data is not None:
            raise SocketIOError(f"disconnect carries nothing, {wrong}")
        case PacketType.CONNECT_ERROR if not isinstance(data, (str, dict)):
            raise SocketIOError(f"connect_error carries a string or an object, {wrong}")
        case PacketType.EVENT if not _is_event(data):
            raise SocketIOError(f"an event is an array that begins with its name, {wrong}")
        case PacketType.ACK if not isinstance(data, list):
            raise SocketIOError(f"an ack is an array, {wrong}")
        case PacketType.ACK if packet.id is None:
            raise SocketIOError("an ack must have the id of its event, got no id")


def _is_event(data: Any) -> bool:
    if not isinstance(data, list) or not data or isinstance(data[0], bool):
        return False
    return isinstance(data[0], (str, int))


def _check_placeholders(data: Any, attachments: int) -> None:
    """Refuse a placeholder that has no attachment."""
    for placeholder in find_placeholders(data) if attachments else []:
        number = placeholder.get("num")
        if type(number) is not int or not 0 <= number < attachments:
            fact = f"a placeholder names one of {_attachments(attachments)}"
            raise SocketIOError(f"{fact}, got {abbreviate(repr(number))}")


def _attachments(count: int) -> str:
    return "1 attachment" if count == 1 else f"{count} attachments"
