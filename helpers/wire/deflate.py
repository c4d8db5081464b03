"""permessage-deflate: compressed messages, inflated so that a transcript can show them.

The rules (RFC 7692):

1. Client and server agree on it in the handshake, with up to four parameters (§7.1).
2. RSV1 on the first frame of a message says that the whole message is compressed (§6).
3. The sender compresses, flushes, and cuts off the last 4 bytes, `00 00 ff ff`; the reader puts
   them back (§7.2).
4. The window is kept from one message to the next, unless `no_context_takeover` was agreed
   (§7.1.1).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import NoReturn

from helpers.wire.codes import CloseCode, ProtocolError
from helpers.wire.heads import HandshakeError, Response

NAME = "permessage-deflate"
TAIL = b"\x00\x00\xff\xff"
SWITCHES = ("server_no_context_takeover", "client_no_context_takeover")
WINDOWS = ("server_max_window_bits", "client_max_window_bits")


class Allowance:
    """How many inflated bytes a recording may still hold, in all of its messages together.

    A few compressed bytes can hold thousands, and a recording keeps whatever it shows.

    Args:
        size_bytes: how many there are at first, and again after `renew`.
    """

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = self.left_bytes = size_bytes

    def renew(self) -> None:
        """Forget what was taken, because it is no longer kept."""
        self.left_bytes = self.size_bytes

    @property
    def exceeded(self) -> str:
        """What to say when it is used up."""
        return f"inflated messages may take {self.size_bytes:,} bytes together here, got more"


class Inflater:
    """Inflates the compressed messages of one direction, in order.

    Args:
        no_context_takeover: every message starts with an empty window.
        window_bits: the size of the window that the sender uses, as a power of two: 8 to 15.
        max_size: the largest inflated message, in bytes: a few compressed bytes can hold millions.
        allowance: what all inflated messages may take together; None for no limit.

    Source: RFC 7692 §7.2.2.
    """

    def __init__(
        self,
        *,
        no_context_takeover: bool = False,
        window_bits: int = 15,
        max_size: int = 16 * 2**20,
        allowance: Allowance | None = None,
    ) -> None:
        self.no_context_takeover = no_context_takeover
        self.window_bits = window_bits
        self.max_size = max_size
        self.allowance = allowance
        self._lost: str | None = None  # why the window is incomplete, after a refusal
        self._size = 0  # of the message under way
        self._zlib = self._new_window()

    def inflate(self, payload: bytes, fin: bool = True) -> bytes:
        """Inflate the payload of one frame of a compressed message.

        Args:
            payload: unmasked, as it arrived.
            fin: whether it is the last frame of the message.

        Returns:
            The part of the message that this payload adds.

        Raises:
            ProtocolError: it is not deflate data (1002), or grows over a limit (1009).
        """
        if self._lost:  # the sender refers to what has not been read
            raise ProtocolError(self._lost, CloseCode.MESSAGE_TOO_BIG)
        data = self._decompress(payload + TAIL if fin else payload)
        self._size = 0 if fin else self._size + len(data)
        if fin and (self.no_context_takeover or self._zlib.eof):
            self._zlib = self._new_window()
        return data

    def _decompress(self, data: bytes) -> bytes:
        room = self.max_size - self._size
        fact = f"inflated message must be at most {self.max_size} bytes here, got more"
        if self.allowance and self.allowance.left_bytes < room:
            room, fact = self.allowance.left_bytes, self.allowance.exceeded
        try:
            # One byte more than there is room for, because 0 would mean "no limit".
            inflated = self._zlib.decompress(data, room + 1)
        except zlib.error as error:
            wrong = f"compressed payload must be deflate data, got {error} (RFC 7692 §7.2.2)"
            raise ProtocolError(wrong) from None
        if len(inflated) > room:
            self._refuse(f"{fact} (RFC 6455 §10.4)")
        if self.allowance:
            self.allowance.left_bytes -= len(inflated)
        return inflated

    def _refuse(self, fact: str) -> NoReturn:
        self._size, self._zlib = 0, self._new_window()
        self._lost = None if self.no_context_takeover else fact
        raise ProtocolError(fact, CloseCode.MESSAGE_TOO_BIG)

    def _new_window(self) -> zlib._Decompress:
        # A negative number means raw deflate data, without zlib's own head and checksum.
        return zlib.decompressobj(wbits=-self.window_bits)


@dataclass(frozen=True, slots=True)
class Deflate:
    """What client and server agreed on.

    Source: RFC 7692 §7.1.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15

    def inflater(
        self,
        *,
        from_client: bool,
        max_size: int = 16 * 2**20,
        allowance: Allowance | None = None,
    ) -> Inflater:
        """Return an inflater for one direction.

        Args:
            from_client: whether the client sends the messages; otherwise the server does.
            max_size: the largest inflated message, in bytes.
            allowance: what all inflated messages may take together.
        """
        if from_client:
            alone, bits = self.client_no_context_takeover, self.client_max_window_bits
        else:
            alone, bits = self.server_no_context_takeover, self.server_max_window_bits
        return Inflater(
            no_context_takeover=alone,
            window_bits=bits,
            max_size=max_size,
            allowance=allowance,
        )


def read_negotiated(response: Response, offer: str | None = None) -> Deflate | None:
    """Return what the server's half of the handshake agrees to; None if nothing was agreed.

    Args:
        response: the 101.
        offer: the `Sec-WebSocket-Extensions` that the client sent; None if it is not known.

    Raises:
        HandshakeError: the parameters make no sense, or agree to what was not offered.

    Source: RFC 7692 §5.1, §7.1.
    """
    answers = list_parameters(response.header("Sec-WebSocket-Extensions") or "")
    if not answers:
        return None
    if len(answers) > 1:
        raise HandshakeError(f"{NAME} must be agreed to once, got {len(answers)} (RFC 7692 §5.1)")
    values = read_parameters(answers[0])
    if offer is not None and not any(fits(values, each) for each in list_parameters(offer)):
        fact = f"{NAME} must be agreed to as it was offered, {offer!r}"
        got = "; ".join([NAME, *answers[0]])
        raise HandshakeError(f"{fact}, got {got!r} (RFC 7692 §7.1)")
    return Deflate(**values)  # type: ignore[arg-type]  # the switches are bool, the windows int


def list_parameters(extensions: str) -> list[list[str]]:
    """Return the parameters of each permessage-deflate in a list of extensions."""
    found = [[part.strip() for part in each.split(";")] for each in extensions.split(",")]
    return [parameters for name, *parameters in found if name.lower() == NAME]


def read_parameters(parameters: list[str]) -> dict[str, int]:
    """Read the parameters of a response, such as `server_max_window_bits=12`."""
    values: dict[str, int] = {}
    for parameter in parameters:
        name, number = split_parameter(parameter)
        if name in values:
            raise HandshakeError(f"{name} must be sent once, got it twice (RFC 7692 §7.1)")
        if name in SWITCHES and not number:
            values[name] = True
        elif name in WINDOWS and number in {str(bits) for bits in range(8, 16)}:
            values[name] = int(number)
        else:
            fact = f"{NAME} has no parameter {parameter!r} in a response (RFC 7692 §7.1)"
            raise HandshakeError(fact)
    return values


def split_parameter(parameter: str) -> tuple[str, str]:
    """Split `name=value` or `name="value"`; the value of a switch is empty."""
    name, _, value = (part.strip() for part in parameter.partition("="))
    return name, value.strip('"')


def fits(agreed: dict[str, int], offered: list[str]) -> bool:
    """Tell whether a server may agree to one offer of a client in this way.

    What the client asks of the server must be granted: no takeover, or a window that is not
    larger. The client's own window may be limited only if the offer says that it can be, and not
    to more than the offer says (RFC 7692 §7.1.1, §7.1.2).
    """
    offer = dict(split_parameter(parameter) for parameter in offered)
    if "server_no_context_takeover" in offer and "server_no_context_takeover" not in agreed:
        return False
    if "server_max_window_bits" in offer and "server_max_window_bits" not in agreed:
        return False
    if "client_max_window_bits" in agreed and "client_max_window_bits" not in offer:
        return False
    limits = {name: int(offer[name]) for name in WINDOWS if offer.get(name, "").isdecimal()}
    return all(agreed.get(name, 0) <= limit for name, limit in limits.items())
