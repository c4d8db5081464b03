"""Typical wrong answers to the exercises of the lesson frames."""

from tests.lessons.wrong import wrong

# --- parse_header -------------------------------------------------------------------------


@wrong("parse_header", hint="MASK is in there too")
def mask_counted_as_length(frame):
    first, second = frame[:2]
    return bool(first >> 7), first & 15, bool(second >> 7), second


@wrong("parse_header", hint="126 is no length")
def only_short_lengths(frame):
    first, second = frame[:2]
    return bool(first >> 7), first & 15, bool(second >> 7), second & 127


@wrong("parse_header", hint="big endian")
def little_endian_length(frame):
    first, second = frame[:2]
    length = second & 127
    if length >= 126:
        length = int.from_bytes(frame[2 : 4 if length == 126 else 10], "little")
    return bool(first >> 7), first & 15, bool(second >> 7), length


@wrong("parse_header", hint="127 is no length")
def forgot_the_64_bits(frame):
    first, second = frame[:2]
    length = second & 127
    if length == 126:
        length = int.from_bytes(frame[2:4], "big")
    return bool(first >> 7), first & 15, bool(second >> 7), length


@wrong("parse_header", hint="eight bytes of length, not two")
def two_bytes_for_both(frame):
    first, second = frame[:2]
    length = second & 127
    if length >= 126:
        length = int.from_bytes(frame[2:4], "big")
    return bool(first >> 7), first & 15, bool(second >> 7), length


@wrong("parse_header", hint="begins after the second byte")
def length_one_byte_early(frame):
    first, second = frame[:2]
    length = second & 127
    if length == 126:
        length = int.from_bytes(frame[1:3], "big")
    return bool(first >> 7), first & 15, bool(second >> 7), length


@wrong("parse_header", hint="only the last four bits")
def fin_counted_as_opcode(frame):
    first, second = frame[:2]
    return bool(first >> 7), first, bool(second >> 7), second & 127


@wrong("parse_header", hint="`&` keeps the bit where it is")
def bits_left_in_place(frame):
    first, second = frame[:2]
    return first & 0b1000_0000, first & 15, second & 0b1000_0000, second & 127


@wrong("parse_header", hint="first bit of the first byte")
def last_bit_taken_for_fin(frame):
    first, second = frame[:2]
    return bool(first & 1), first & 15, bool(second >> 7), second & 127


@wrong("parse_header", hint="first bit of the first byte")
def every_frame_taken_for_the_last(frame):
    first, second = frame[:2]
    length = second & 127
    if length >= 126:
        length = int.from_bytes(frame[2 : 4 if length == 126 else 10], "big")
    return True, first & 15, bool(second >> 7), length


@wrong("parse_header", hint="Return four values")
def forgot_the_mask(frame):
    first, second = frame[:2]
    return bool(first >> 7), first & 15, second & 127


@wrong("parse_header", hint="Do not count what has arrived")
def length_of_what_came(frame):
    first, second = frame[:2]
    masked = bool(second >> 7)
    return bool(first >> 7), first & 15, masked, len(frame) - 2 - 4 * masked


@wrong("parse_header", hint="`frame[2:4]` is the length, as one number")
def length_bytes_added_up(frame):
    first, second = frame[:2]
    length = second & 127
    if length == 126:
        length = frame[2] + frame[3]
    return bool(first >> 7), first & 15, bool(second >> 7), length


@wrong("parse_header", hint="`frame[2:10]` is the length")
def eight_bytes_too_late(frame):
    first, second = frame[:2]
    length = second & 127
    if length == 126:
        length = int.from_bytes(frame[2:4], "big")
    elif length == 127:
        length = int.from_bytes(frame[4:12], "big")
    return bool(first >> 7), first & 15, bool(second >> 7), length


# --- unmask -------------------------------------------------------------------------------


@wrong("unmask", hint="After the fourth it starts again")
def no_modulo(frame):
    key, payload = frame[2:6], frame[6:]
    return bytes(byte ^ key[i] for i, byte in enumerate(payload))


@wrong("unmask", hint="`zip` ends with the shorter one")
def zip_stops(frame):
    return bytes(byte ^ k for byte, k in zip(frame[6:], frame[2:6]))  # noqa: B905


@wrong("unmask", hint="Only the first byte of the key")
def one_key_byte(frame):
    return bytes(byte ^ frame[2] for byte in frame[6:])


@wrong("unmask", hint="Count from the start of the payload")
def counted_from_the_frame(frame):
    key = frame[2:6]
    return bytes(frame[i] ^ key[i % 4] for i in range(6, len(frame)))


@wrong("unmask", hint="so the key comes later")
def key_always_at_two(frame):
    key, payload = frame[2:6], frame[6:]
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


@wrong("unmask", hint="`bytes(…)` makes bytes of them")
def numbers(frame):
    key, payload = frame[2:6], frame[6:]
    return [byte ^ key[i % 4] for i, byte in enumerate(payload)]


@wrong("unmask", hint="still masked")
def only_cut_out(frame):
    return frame[6:]


@wrong("unmask", hint="more than the payload")
def key_taken_for_payload(frame):
    key, payload = frame[2:6], frame[2:]
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


@wrong("unmask", hint="asks for bytes")
def decoded(frame):
    key, payload = frame[2:6], frame[6:]
    return "".join(chr(byte ^ key[i % 4]) for i, byte in enumerate(payload))


@wrong("unmask", hint="in Python it is `^`")
def or_for_xor(frame):
    key, payload = frame[2:6], frame[6:]
    return bytes(byte | key[i % 4] for i, byte in enumerate(payload))


@wrong("unmask", hint="one byte again, from 0 to 255")
def subtracted(frame):
    key, payload = frame[2:6], frame[6:]
    return bytes(byte - key[i % 4] for i, byte in enumerate(payload))


@wrong("unmask", hint="go through bytes one by one")
def all_bytes_at_once(frame):
    return frame[6:] ^ frame[2:6]


@wrong("unmask", hint="`bytes([5])` is the one byte 5")
def zeros(frame):
    key, payload, found = frame[2:6], frame[6:], b""
    for i, byte in enumerate(payload):
        found += bytes(byte ^ key[i % 4])
    return found


@wrong("unmask", hint="`zip` ends with the shorter one")
def key_twice(frame):
    return bytes(byte ^ k for byte, k in zip(frame[6:], frame[2:6] * 2))  # noqa: B905


@wrong("unmask", hint="no `.decode()` is needed")
def decoded_too_early(frame):
    return bytes(ord(c) ^ frame[2 + i % 4] for i, c in enumerate(frame[6:].decode()))


# --- encode_text --------------------------------------------------------------------------


def masked_bytes(payload, key):
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def length_bytes(size, order="big"):
    if size < 126:
        return bytes([0x80 | size])
    if size < 65_536:
        return b"\xfe" + size.to_bytes(2, order)
    return b"\xff" + size.to_bytes(8, order)


@wrong("encode_text", hint="bytes, not characters")
def characters_counted(text, key):
    return b"\x81" + length_bytes(len(text)) + key + masked_bytes(text.encode(), key)


@wrong("encode_text", hint="FIN is missing")
def no_fin(text, key):
    payload = text.encode()
    return b"\x01" + length_bytes(len(payload)) + key + masked_bytes(payload, key)


@wrong("encode_text", hint="The opcode is missing")
def no_opcode(text, key):
    payload = text.encode()
    return b"\x80" + length_bytes(len(payload)) + key + masked_bytes(payload, key)


@wrong("encode_text", hint="A client says that it masks")
def no_mask_bit(text, key):
    payload = text.encode()
    return bytes([0x81, len(payload)]) + key + masked_bytes(payload, key)


@wrong("encode_text", hint="big endian")
def little_endian_size(text, key):
    payload = text.encode()
    return b"\x81" + length_bytes(len(payload), "little") + key + masked_bytes(payload, key)


@wrong("encode_text", hint="the seven bits say 126, then comes the length in 2 bytes")
def short_lengths_only(text, key):
    payload = text.encode()
    return bytes([0x81, 0x80 + len(payload)]) + key + masked_bytes(payload, key)


@wrong("encode_text", hint="Up to 125 none")
def no_64_bits(text, key):
    payload = text.encode()
    size = len(payload)
    short = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return b"\x81" + short + key + masked_bytes(payload, key)


@wrong("encode_text", hint="holds the length itself")
def always_two_bytes(text, key):
    payload = text.encode()
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + key + masked_bytes(payload, key)


@wrong("encode_text", hint="Between the length and the payload stands the key")
def no_key(text, key):
    payload = text.encode()
    return b"\x81" + length_bytes(len(payload)) + masked_bytes(payload, key)


@wrong("encode_text", hint="not masked yet")
def not_masked(text, key):
    payload = text.encode()
    return b"\x81" + length_bytes(len(payload)) + key + payload


@wrong("encode_text", hint="A `str` has none")
def not_encoded(text, key):
    masked = bytes(c ^ key[i % 4] for i, c in enumerate(text))
    return bytes([0x81, 0x80 | len(text)]) + key + masked


@wrong("encode_text", hint="in UTF-8 an `é` has two")
def latin_1(text, key):
    payload = text.encode("latin-1")
    return b"\x81" + length_bytes(len(payload)) + key + masked_bytes(payload, key)


@wrong("encode_text", hint="`text.encode()`, and nothing named in it")
def ascii_only(text, key):
    payload = text.encode("ascii")
    return b"\x81" + length_bytes(len(payload)) + key + masked_bytes(payload, key)


@wrong("encode_text", hint="before a long length too")
def mask_bit_for_short_ones(text, key):
    payload = text.encode()
    size = len(payload)
    short = bytes([0x80 | size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    return b"\x81" + short + key + masked_bytes(payload, key)


@wrong("encode_text", hint="The key does not count")
def key_counted(text, key):
    payload = text.encode()
    return b"\x81" + length_bytes(len(payload) + 4) + key + masked_bytes(payload, key)


@wrong("encode_text", hint="a key of your own")
def key_drawn(text, key):
    import os

    key, payload = os.urandom(4), text.encode()
    return b"\x81" + length_bytes(len(payload)) + key + masked_bytes(payload, key)


# --- reassemble ---------------------------------------------------------------------------


@wrong("reassemble", hint="join the bytes first, then decode")
def each_fragment_decoded(frames):
    messages, parts, kind = [], [], 0
    for fin, opcode, payload in frames:
        if opcode >= 8:
            continue
        kind = opcode or kind
        parts.append(payload.decode() if kind == 1 else payload)
        if fin:
            messages.append(("" if kind == 1 else b"").join(parts))
            parts = []
    return messages


@wrong("reassemble", hint="join the bytes first, then decode")
def each_fragment_patched(frames):
    messages, parts, kind = [], [], 0
    for fin, opcode, payload in frames:
        if opcode >= 8:
            continue
        kind = opcode or kind
        parts.append(payload.decode(errors="replace") if kind == 1 else payload)
        if fin:
            messages.append(("" if kind == 1 else b"").join(parts))
            parts = []
    return messages


@wrong("reassemble", hint="Control frames (opcode 8 and up)")
def ping_joined(frames):
    messages, parts = [], []
    for fin, _, payload in frames:
        parts.append(payload)
        if fin:
            messages.append(b"".join(parts).decode())
            parts = []
    return messages


@wrong("reassemble", hint="A message ends only with FIN")
def fin_forgotten(frames):
    return [payload.decode() for _, opcode, payload in frames if opcode < 8]


@wrong("reassemble", hint="empty what you have collected")
def never_emptied(frames):
    messages, parts = [], []
    for fin, opcode, payload in frames:
        if opcode < 8:
            parts.append(payload)
            if fin:
                messages.append(b"".join(parts).decode())
    return messages


@wrong("reassemble", hint="After FIN a new message begins")
def one_big_message(frames):
    return [b"".join(payload for _, opcode, payload in frames if opcode < 8).decode()]


@wrong("reassemble", hint="its bytes are no text")
def everything_decoded(frames):
    messages, parts = [], []
    for fin, opcode, payload in frames:
        if opcode < 8:
            parts.append(payload)
            if fin:
                messages.append(b"".join(parts).decode())
                parts = []
    return messages


@wrong("reassemble", hint="the others have opcode 0")
def last_opcode_decides(frames):
    messages, parts = [], []
    for fin, opcode, payload in frames:
        if opcode < 8:
            parts.append(payload)
            if fin:
                whole = b"".join(parts)
                messages.append(whole.decode() if opcode == 1 else whole)
                parts = []
    return messages


@wrong("reassemble", hint="the message goes on")
def control_frame_begins_anew(frames):
    messages, parts, kind = [], b"", 0
    for fin, opcode, payload in frames:
        kind = opcode or kind
        parts = payload if opcode else parts + payload
        if fin and kind < 8:
            messages.append(parts.decode() if kind == 1 else parts)
            parts = b""
    return messages


@wrong("reassemble", hint="a control frame between them changes nothing")
def ping_decides_the_kind(frames):
    messages, parts, kind = [], b"", 0
    for fin, opcode, payload in frames:
        kind = opcode or kind
        if opcode >= 8:
            continue
        parts += payload
        if fin:
            messages.append(parts.decode() if kind == 1 else parts)
            parts = b""
    return messages


@wrong("reassemble", hint="be it text or binary, one frame or many")
def last_message_left(frames):
    messages, parts = [], b""
    for _, opcode, payload in frames:
        if opcode in (1, 2) and parts:
            messages.append(parts.decode())
            parts = b""
        if opcode < 8:
            parts += payload
    return messages


# --- answer_close -------------------------------------------------------------------------


@wrong("answer_close", hint="The first byte of the code counts most")
def little_endian_code(payload):
    code = int.from_bytes(payload[:2], "little")
    return code, payload[2:].decode(), code.to_bytes(2, "little") + b"bye"


@wrong("answer_close", hint="big endian in your answer as well")
def little_endian_reply(payload):
    code = int.from_bytes(payload[:2], "big")
    return code, payload[2:].decode(), code.to_bytes(2, "little") + b"bye"


@wrong("answer_close", hint="An empty payload has no code")
def zero_for_nothing(payload):
    code = int.from_bytes(payload[:2], "big")
    return code, payload[2:].decode(), payload[:2] + b"bye"


@wrong("answer_close", hint="1005, which is never sent")
def code_1005(payload):
    code = int.from_bytes(payload[:2], "big") or 1005
    return code, payload[2:].decode(), code.to_bytes(2, "big") + b"bye"


@wrong("answer_close", hint="This payload is empty, as it may be")
def empty_breaks(payload):
    code = payload[0] * 256 + payload[1]
    return code, payload[2:].decode(), payload[:2] + b"bye"


@wrong("answer_close", hint="there can be no reason either")
def reason_without_code(payload):
    code = int.from_bytes(payload[:2], "big") if payload else None
    return code, payload[2:].decode(), payload[:2] + b"bye"


@wrong("answer_close", hint="asks for a string (str)")
def reason_in_bytes(payload):
    return int.from_bytes(payload[:2], "big"), payload[2:], payload[:2] + b"bye"


@wrong("answer_close", hint="The code comes first in the answer too")
def reply_without_code(payload):
    return int.from_bytes(payload[:2], "big"), payload[2:].decode(), b"bye"


@wrong("answer_close", hint="not as digits")
def code_in_digits(payload):
    code = int.from_bytes(payload[:2], "big")
    return code, payload[2:].decode(), str(code).encode() + b"bye"


@wrong("answer_close", hint="not the one that came")
def whole_payload_sent_back(payload):
    if not payload:
        return None, "", b""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode(), payload


@wrong("answer_close", hint="That is a whole frame")
def frame_for_payload(payload):
    if not payload:
        return None, "", b""
    code = int.from_bytes(payload[:2], "big")
    return code, payload[2:].decode(), b"\x88\x05" + payload[:2] + b"bye"


@wrong("answer_close", hint="Two bytes with the code that came")
def always_1000(payload):
    if not payload:
        return None, "", b""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode(), b"\x03\xe8bye"


@wrong("answer_close", hint="the empty one")
def no_reason_is_none(payload):
    if not payload:
        return None, None, b""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode(), payload[:2] + b"bye"


@wrong("answer_close", hint="how Python prints bytes")
def printed_reason(payload):
    if not payload:
        return None, "", b""
    return int.from_bytes(payload[:2], "big"), str(payload[2:]), payload[:2] + b"bye"


@wrong("answer_close", hint="where an `é` has two bytes")
def reason_in_latin_1(payload):
    if not payload:
        return None, "", b""
    code = int.from_bytes(payload[:2], "big")
    return code, payload[2:].decode("latin-1"), payload[:2] + b"bye"


@wrong("answer_close", hint="if you name nothing else")
def reason_in_ascii(payload):
    if not payload:
        return None, "", b""
    code = int.from_bytes(payload[:2], "big")
    return code, payload[2:].decode("ascii"), payload[:2] + b"bye"
