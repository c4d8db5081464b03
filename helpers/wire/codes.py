"""The numbers of the protocol, by their names: opcodes say what a frame is, close codes say why.

Opcodes from 8 up belong to control frames. The ten opcodes that are missing here are reserved.
"""

from __future__ import annotations

from enum import IntEnum


class Opcode(IntEnum):
    """What a frame is for; opcodes from 8 up belong to control frames.

    Source: RFC 6455 §5.2.
    """

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA

    @property
    def is_control(self) -> bool:
        """Whether it is close, ping or pong."""
        return self >= Opcode.CLOSE


class CloseCode(IntEnum):
    """Why a connection closes, by the names of the IANA registry.

    A program uses 1005, 1006 and 1015 only internally; they never travel in a frame.

    Source: RFC 6455 §7.4.1.
    """

    NORMAL_CLOSURE = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS_RCVD = 1005
    ABNORMAL_CLOSURE = 1006
    INVALID_FRAME_PAYLOAD_DATA = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    MANDATORY_EXT = 1010
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_GATEWAY = 1014
    TLS_HANDSHAKE = 1015


class ProtocolError(ValueError):
    """Bytes that break a rule: `str(error)` says which, `code` is the code to close with.

    Source: RFC 6455 §7.4.1.
    """

    def __init__(self, fact: str, code: CloseCode = CloseCode.PROTOCOL_ERROR) -> None:
        super().__init__(fact)
        self.code = code
