"""What python-socketio 5.18.1, the newest release, gets wrong, and how our servers go on.

`make` makes a repaired server; a release that does not have what the repairs lean on is left as it
is, and the log says so. Reports for the library, ready to send:

1. `AsyncServer._handle_event` dispatches `42["connect",…]`, `42["disconnect",…]` and `42["*",…]`
   from a client to the handlers of these names, as often as it likes. Refuse reserved names and
   names that are not strings when a packet is decoded, as socket.io-parser does.
2. `Packet.decode` takes NaN, a payload of any type, and attachments of packets without any.
3. A session that ends while its CONNECT waits in a handler stays connected for good, because
   `_handle_disconnect` returns for a client that is still connecting. Look again afterwards.
4. `_handle_connect` refuses an unknown namespace with a string, where the JavaScript client reads
   `error.message`. Send `{"message": "Invalid namespace"}`.
5. Events for a namespace that the client is not in, unknown acknowledgements, and further CONNECT
   and DISCONNECT packets are ignored without a way to count them.

Source: github.com/socketio/socket.io-protocol, version 5.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

import engineio
import socketio
from socketio import packet

from helpers.serving import engineio_repairs
from helpers.serving.engineio_packets import Malformed
from helpers.serving.engineio_session import Session
from helpers.serving.schema import Refusal
from helpers.wire import socketio as socketio_packets

log = logging.getLogger("socketio_repairs")

RESERVED = {*socketio_packets.RESERVED, "*"}  # the last one is this library's
UNKNOWN = {"message": "Invalid namespace"}
FAILED = {"message": "error", "data": {"code": "error", "text": "an error in the server"}}
NEEDED: dict[Any, dict[str, tuple[str, ...]]] = {
    packet.Packet: {"decode": ("encoded_packet",)},
    socketio.AsyncServer: {
        "_engineio_server_class": (),
        "_send_packet": ("eio_sid", "pkt"),
        "_handle_connect": ("eio_sid", "namespace", "data"),
        "_handle_disconnect": ("eio_sid", "namespace", "reason"),
        "_handle_event": ("eio_sid", "namespace", "id", "data"),
        "_handle_ack": ("eio_sid", "namespace", "id", "data"),
        "disconnect": ("sid", "namespace", "ignore_queue"),
    },
    socketio.AsyncManager: {
        "sid_from_eio_sid": ("eio_sid", "namespace"),
        "is_connected": ("sid", "namespace"),
        "get_namespaces": (),
    },
}


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"expected JSON, got {constant}")


class StrictJson:
    """JSON as the standard has it, without NaN."""

    dumps = staticmethod(json.dumps)
    loads = staticmethod(json.JSONDecoder(parse_constant=_refuse_constant).decode)


class StrictPacket(packet.Packet):  # type: ignore[misc]
    """A packet that the official parser takes as well."""

    json = StrictJson

    def decode(self, encoded_packet: str) -> int:
        """Read a packet.

        Raises:
            Malformed: when it is not one, or none that a client may send.
        """
        try:
            attachments: int = super().decode(encoded_packet)
        except (ValueError, RecursionError) as error:
            raise Malformed(f"not a packet of Socket.IO: {error}") from error
        is_binary = self.packet_type in (packet.BINARY_EVENT, packet.BINARY_ACK)
        if attachments and not is_binary:
            raise Malformed("attachments of a packet that has none")
        null = encoded_packet.endswith("null") and self.data is None
        if null and not str(self.namespace).endswith("null"):
            raise Malformed("null where there is no data, or an object")
        if not _fits(self.packet_type, self.data):
            name = packet.packet_names[self.packet_type] if self.packet_type < 7 else "unknown"
            raise Malformed(f"a packet of type {name} with the data {str(self.data)[:40]!a}")
        return attachments


def _fits(type_: int, data: Any) -> bool:
    """Tell whether a packet may hold this, as `isPayloadValid` of socket.io-parser does.

    A list with CONNECT, which the newest parser refuses, is left to the server's own answer.
    """
    if type_ == packet.CONNECT:
        return data is None or isinstance(data, dict | list)
    if type_ == packet.DISCONNECT:
        return data is None
    if type_ in (packet.EVENT, packet.BINARY_EVENT):
        named = isinstance(data, list) and data and isinstance(data[0], str)
        return bool(named and data[0] not in RESERVED)
    return type_ in (packet.ACK, packet.BINARY_ACK) and isinstance(data, list)


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """A Socket.IO server that counts every packet, and forgets nobody who has left.

    Attributes:
        may_connect: called with the Engine.IO session for each CONNECT packet; raises Refusal.
    """

    may_connect: Callable[[Any], None]

    def _engineio_server_class(self) -> type[engineio.AsyncServer]:
        return engineio_repairs.make_server()

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        """Let a client in, or refuse it; one that ended meanwhile leaves again."""
        session = self.eio.sockets.get(eio_sid)
        if self.manager.sid_from_eio_sid(eio_sid, namespace or "/"):
            raise Malformed("a second CONNECT packet")
        try:
            self.may_connect(session)
        except Refusal as error:
            answer = {"message": error.code, "data": {"code": error.code, "text": str(error)}}
            await self._refuse_connect(eio_sid, namespace, answer)
            raise Malformed("too many CONNECT packets") from error
        if not self._knows(namespace or "/"):
            await self._refuse_connect(eio_sid, namespace, UNKNOWN)
            raise Malformed("a CONNECT packet for an unknown namespace")
        if isinstance(session, Session):
            session.server.connected(session)  # its seat waits for our handler, not for it
        try:
            await super()._handle_connect(eio_sid, namespace, data)
        except Exception:
            sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
            await self.manager.disconnect(sid, namespace or "/", ignore_queue=True)
            await self._refuse_connect(eio_sid, namespace, FAILED)
            raise
        finally:
            self._note_use(session)
        if session is not None and session.closed:
            reason = getattr(session, "end_reason", None) or self.reason.TRANSPORT_CLOSE
            await super()._handle_disconnect(eio_sid, namespace, reason)
            self.environ.pop(eio_sid, None)

    async def _handle_disconnect(
        self, eio_sid: str, namespace: str | None, reason: str | None = None
    ) -> None:
        """Let a client leave a namespace."""
        session = self.eio.sockets.get(eio_sid)
        if session is not None and not session.closing:  # else it leaves all of them
            self._require_connected(eio_sid, namespace, "a DISCONNECT packet")
        await super()._handle_disconnect(eio_sid, namespace, reason)
        self._note_use(session)

    async def disconnect(
        self, sid: str, namespace: str | None = None, ignore_queue: bool = False
    ) -> None:
        """Disconnect a client from a namespace; its session ends soon if it has no other."""
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace or "/")
        await super().disconnect(sid, namespace, ignore_queue)
        self._note_use(self.eio.sockets.get(eio_sid))

    async def _handle_event(
        self, eio_sid: str, namespace: str | None, id: int | None, data: list[Any]
    ) -> None:
        """Handle an event of a client in its namespace."""
        self._require_connected(eio_sid, namespace, "an event")
        await super()._handle_event(eio_sid, namespace, id, data)

    async def _handle_ack(
        self, eio_sid: str, namespace: str | None, id: int | None, data: list[Any]
    ) -> None:
        """Take an acknowledgement that the server waits for."""
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if not id or id not in self.manager.callbacks.get(sid, ()):
            raise Malformed("an acknowledgement that nobody waits for")
        await super()._handle_ack(eio_sid, namespace, id, data)

    def _require_connected(self, eio_sid: str, namespace: str | None, what: str) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if sid is None or not self.manager.is_connected(sid, namespace or "/"):
            raise Malformed(f"{what} for a namespace that the client is not in")

    async def _refuse_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        refusal = self.packet_class(packet.CONNECT_ERROR, data=data, namespace=namespace)
        await self._send_packet(eio_sid, refusal)

    def _knows(self, namespace: str) -> bool:
        known = (*self.handlers, *self.namespace_handlers)
        return self.namespaces == "*" or namespace in self.namespaces or namespace in known

    def _note_use(self, session: Any) -> None:
        """Tell Engine.IO whether a session is in a namespace, or about to be."""
        if not isinstance(session, Session):
            return
        if any(
            self.manager.sid_from_eio_sid(session.sid, namespace)
            for namespace in self.manager.get_namespaces()
        ):
            session.server.connected(session)
        else:
            session.server.disconnected(session)


def make(**options: Any) -> socketio.AsyncServer:
    """Make a repaired server, or the library's own if it is of another release.

    Args:
        **options: for `socketio.AsyncServer`.
    """
    if engineio_repairs.fits(NEEDED):
        return Server(serializer=StrictPacket, **options)
    log.warning("this release of python-socketio is unknown: it goes without our repairs")
    return socketio.AsyncServer(**options)
