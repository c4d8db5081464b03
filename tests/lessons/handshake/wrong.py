"""Wrong answers to the exercises of the lesson handshake, as learners give them."""

import base64
import hashlib

from helpers.lessons.handshake.solutions import fault as right_fault
from tests.lessons.wrong import wrong

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

# --- accept_key ------------------------------------------------------------------------


@wrong("accept_key", hint="append the GUID")
def forgot_the_guid(key):
    return base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()


@wrong("accept_key", hint="`digest()`")
def hexdigest_for_digest(key):
    return hashlib.sha1((key + GUID).encode()).hexdigest()


@wrong("accept_key", hint="`digest()`")
def base64_of_hexdigest(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).hexdigest().encode()).decode()


@wrong("accept_key", hint="a header is text")
def bytes_for_text(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())


@wrong("accept_key", hint="keeps the `b'…'`")
def str_of_bytes(key):
    return str(base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()))


@wrong("accept_key", hint="One step is missing: base64")
def forgot_base64(key):
    return hashlib.sha1((key + GUID).encode()).digest()


@wrong("accept_key", hint="it comes after it")
def guid_first(key):
    return base64.b64encode(hashlib.sha1((GUID + key).encode()).digest()).decode()


@wrong("accept_key", hint="used as the text it is")
def decoded_the_key(key):
    raw = base64.b64decode(key) + GUID.encode()
    return base64.b64encode(hashlib.sha1(raw).digest()).decode()


@wrong("accept_key", hint="the SHA-1 hash between them is missing")
def forgot_the_hash(key):
    return base64.b64encode((key + GUID).encode()).decode()


@wrong("accept_key", hint="Each key has its own")
def the_sample_answer_for_all(key):
    return "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@wrong("accept_key", hint="Text and bytes do not mix")
def forgot_to_encode(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


@wrong("accept_key", hint="is a `return` missing?")
def printed_only(key):
    print(base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode())


@wrong("accept_key", hint="a line break at the end")
def encodebytes(key):
    return base64.encodebytes(hashlib.sha1((key + GUID).encode()).digest()).decode()


@wrong("accept_key", hint="the standard asks for SHA-1")
def sha256(key):
    return base64.b64encode(hashlib.sha256((key + GUID).encode()).digest()).decode()


@wrong("accept_key", hint="MD5 is another hash")
def md5(key):
    return base64.b64encode(hashlib.md5((key + GUID).encode()).digest()).decode()


@wrong("accept_key", hint="`.encode()` the text first")
def hashed_text(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()


@wrong("accept_key", hint="`.digest()` gives its bytes")
def forgot_the_digest(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode())).decode()


@wrong("accept_key", hint="the value alone is asked for")
def whole_header(key):
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return "Sec-WebSocket-Accept: " + base64.b64encode(digest).decode()


@wrong("accept_key", hint="writes `-` for `+`")
def base64_for_addresses(key):
    return base64.urlsafe_b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


@wrong("accept_key", hint="the `=` at the end belongs to it")
def took_the_padding_away(key):
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return base64.b64encode(digest).decode().rstrip("=")


@wrong("accept_key", hint="without quotes it is its value")
def guid_in_quotes(key):
    return base64.b64encode(hashlib.sha1((key + "GUID").encode()).digest()).decode()


@wrong("accept_key", hint="something between key and GUID")
def space_before_the_guid(key):
    return base64.b64encode(hashlib.sha1(f"{key} {GUID}".encode()).digest()).decode()


@wrong("accept_key", hint="to the last letter")
def guid_cut_short(key):
    return base64.b64encode(hashlib.sha1((key + GUID[:-1]).encode()).digest()).decode()


# --- switching_protocols ---------------------------------------------------------------


@wrong("switching_protocols", hint="The empty line at the end is missing")
def no_empty_line(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {accept}")
    if subprotocol:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    return "\r\n".join([*lines, ""]).encode()


@wrong("switching_protocols", hint="Each line ends with the two bytes")
def line_feeds_only(accept, subprotocol=None):
    text = "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
    text += f"Sec-WebSocket-Accept: {accept}\n"
    if subprotocol:
        text += f"Sec-WebSocket-Protocol: {subprotocol}\n"
    return (text + "\n").encode()


@wrong("switching_protocols", hint="`.encode()` turns a string into bytes")
def text_for_bytes(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Accept: {accept}", "", ""]
    return "\r\n".join(lines)


@wrong("switching_protocols", hint="a client takes `None` for a name")
def always_a_subprotocol(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Accept: {accept}", f"Sec-WebSocket-Protocol: {subprotocol}"]
    return "\r\n".join([*lines, "", ""]).encode()


@wrong("switching_protocols", hint="and finds no such header")
def never_a_subprotocol(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode()


@wrong("switching_protocols", hint="begin with the status line")
def began_with_a_line_break(accept, subprotocol=None):
    text = f"""
HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Accept: {accept}

"""
    return text.replace("\n", "\r\n").encode()


@wrong("switching_protocols", hint="here it is `HTTP/1.1 200 OK`")
def status_200(accept, subprotocol=None):
    lines = ["HTTP/1.1 200 OK", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode()


@wrong("switching_protocols", hint="The header `Connection` is missing")
def no_connection(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode()


@wrong("switching_protocols", hint="the accept key that was given is expected")
def forgot_the_f(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join([*lines, "Sec-WebSocket-Accept: {accept}", "", ""]).encode()


@wrong("switching_protocols", hint="after the first empty line")
def subprotocol_after_the_end(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Accept: {accept}", "", ""]
    if subprotocol:
        lines += [f"Sec-WebSocket-Protocol: {subprotocol}", "", ""]
    return "\r\n".join(lines).encode()


@wrong("switching_protocols", hint="no space before the name or the colon")
def space_before_the_colon(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade : websocket", "Connection : Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept : {accept}", "", ""]).encode()


@wrong("switching_protocols", hint="takes the empty text for a name")
def empty_subprotocol(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Accept: {accept}", f"Sec-WebSocket-Protocol: {subprotocol or ''}"]
    return "\r\n".join([*lines, "", ""]).encode()


@wrong("switching_protocols", hint="when is it None?")
def added_none(accept, subprotocol=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Accept: " + accept, "Sec-WebSocket-Protocol: " + subprotocol]
    return "\r\n".join([*lines, "", ""]).encode()


# --- fault -----------------------------------------------------------------------------


@wrong("fault", hint="What should happen when it is missing?")
def square_brackets(method, headers):
    if method != "GET":
        return "method"
    if headers["Upgrade"].lower() != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in [option.strip() for option in options]:
        return "Connection"
    if len(base64.b64decode(headers.get("Sec-WebSocket-Key", ""))) != 16:
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    if headers.get("Origin") not in (None, "http://" + headers["Host"]):
        return "Origin"
    return None


@wrong("fault", hint="`WebSocket` and `websocket` are the same")
def case_matters(method, headers):
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "") != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in [option.strip() for option in options]:
        return "Connection"
    if len(base64.b64decode(headers.get("Sec-WebSocket-Key", ""))) != 16:
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    if headers.get("Origin") not in (None, "http://" + headers["Host"]):
        return "Origin"
    return None


@wrong("fault", hint="it is a list with commas")
def connection_is_one_word(method, headers):
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "").lower() != "websocket":
        return "Upgrade"
    if headers.get("Connection", "").lower() != "upgrade":
        return "Connection"
    if len(base64.b64decode(headers.get("Sec-WebSocket-Key", ""))) != 16:
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    if headers.get("Origin") not in (None, "http://" + headers["Host"]):
        return "Origin"
    return None


@wrong("fault", hint="it is a list with commas")
def forgot_to_strip(method, headers):
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "").lower() != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in options:
        return "Connection"
    if len(base64.b64decode(headers.get("Sec-WebSocket-Key", ""))) != 16:
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    if headers.get("Origin") not in (None, "http://" + headers["Host"]):
        return "Origin"
    return None


@wrong("fault", hint="base64 of 5 bytes here: 16 are expected")
def any_key_will_do(method, headers):
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "").lower() != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in [option.strip() for option in options]:
        return "Connection"
    if not headers.get("Sec-WebSocket-Key"):
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    if headers.get("Origin") not in (None, "http://" + headers["Host"]):
        return "Origin"
    return None


@wrong("fault", hint="decode it, then count")
def counted_the_letters(method, headers):
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "").lower() != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in [option.strip() for option in options]:
        return "Connection"
    if len(headers.get("Sec-WebSocket-Key", "")) != 16:
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    if headers.get("Origin") not in (None, "http://" + headers["Host"]):
        return "Origin"
    return None


@wrong("fault", hint="header values are text")
def version_as_number(method, headers):
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "").lower() != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in [option.strip() for option in options]:
        return "Connection"
    if len(base64.b64decode(headers.get("Sec-WebSocket-Key", ""))) != 16:
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != 13:
        return "Sec-WebSocket-Version"
    if headers.get("Origin") not in (None, "http://" + headers["Host"]):
        return "Origin"
    return None


@wrong("fault", hint="it may be missing")
def origin_required(method, headers):
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "").lower() != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in [option.strip() for option in options]:
        return "Connection"
    if len(base64.b64decode(headers.get("Sec-WebSocket-Key", ""))) != 16:
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    if headers.get("Origin") != "http://" + headers["Host"]:
        return "Origin"
    return None


@wrong("fault", hint="compare it whole")
def origin_by_its_beginning(method, headers):
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "").lower() != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in [option.strip() for option in options]:
        return "Connection"
    if len(base64.b64decode(headers.get("Sec-WebSocket-Key", ""))) != 16:
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    own = "http://" + headers["Host"]
    if not headers.get("Origin", own).startswith(own):
        return "Origin"
    return None


@wrong("fault", hint="spelled otherwise: `Sec-WebSocket-Key`")
def other_spelling(method, headers):
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "").lower() != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in [option.strip() for option in options]:
        return "Connection"
    if len(base64.b64decode(headers.get("Sec-WebSocket-Key", ""))) != 16:
        return "sec-websocket-key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    if headers.get("Origin") not in (None, "http://" + headers["Host"]):
        return "Origin"
    return None


@wrong("fault", hint="The method is PUT")
def refuses_post_alone(method, headers):
    return "method" if method == "POST" else right_fault("GET", headers)


@wrong("fault", hint="`no-upgrade` is another name")
def upgrade_anywhere(method, headers):
    if "upgrade" in headers.get("Connection", "").lower():
        headers["Connection"] = "Upgrade"
    return right_fault(method, headers)


@wrong("fault", hint="`Upgrade` is in the list")
def last_of_the_list(method, headers):
    headers["Connection"] = headers["Connection"].split(",")[-1]
    return right_fault(method, headers)


@wrong("fault", hint="they stand for 18 bytes")
def key_of_24_characters(method, headers):
    if len(headers.get("Sec-WebSocket-Key", "")) == 24:
        headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    return right_fault(method, headers)


@wrong("fault", hint="The version is 14 here")
def older_versions_alone(method, headers):
    if int(headers["Sec-WebSocket-Version"]) > 13:
        headers["Sec-WebSocket-Version"] = "13"
    return right_fault(method, headers)


@wrong("fault", hint="spelled otherwise: `Sec-WebSocket-Key`")
def short_names(method, headers):
    found = right_fault(method, headers)
    return found.removeprefix("Sec-WebSocket-") if found else None


@wrong("fault", hint='Return `"method"`, the name of a header in the list, or None.')
def true_for_the_name(method, headers):
    return right_fault(method, headers) is not None or None


@wrong("fault", hint='Return `"method"`, the name of a header in the list, or None.')
def fine_for_none(method, headers):
    return right_fault(method, headers) or "fine"


@wrong("fault", hint="when is it None?")
def get_without_a_default(method, headers):
    if headers.get("Upgrade").lower() != "websocket":
        return "Upgrade"
    return right_fault(method, headers)


# --- choose_subprotocol ----------------------------------------------------------------


@wrong("choose_subprotocol", hint="the client's favourite decides")
def servers_order(offered, supported):
    names = [name.strip() for name in (offered or "").split(",")]
    return next((name for name in supported if name in names), None)


@wrong("choose_subprotocol", hint="only a part of `chat.v10`")
def part_of_the_text(offered, supported):
    found = [name for name in supported if name in (offered or "")]
    return min(found, key=offered.index) if found else None


@wrong("choose_subprotocol", hint="anything else would end up in a header")
def empty_text_for_none(offered, supported):
    for name in (offered or "").split(","):
        if name.strip() in supported:
            return name.strip()
    return ""


@wrong("choose_subprotocol", hint="take the spaces away")
def forgot_the_spaces(offered, supported):
    return next((name for name in (offered or "").split(",") if name in supported), None)


@wrong("choose_subprotocol", hint="keep their case")
def any_case(offered, supported):
    for name in (offered or "").split(","):
        if name.strip().lower() in supported:
            return name.strip().lower()
    return None


@wrong("choose_subprotocol", hint="The client offers nothing (None)")
def nothing_offered(offered, supported):
    if offered is None:
        return supported[0]
    for name in offered.split(","):
        if name.strip() in supported:
            return name.strip()
    return None


@wrong("choose_subprotocol", hint="One name is asked for, not a list")
def all_that_fit(offered, supported):
    return [name.strip() for name in (offered or "").split(",") if name.strip() in supported]


@wrong("choose_subprotocol", hint="'NoneType' object has no attribute 'split'")
def forgot_none(offered, supported):
    for name in offered.split(","):
        if name.strip() in supported:
            return name.strip()
    return None


@wrong("choose_subprotocol", hint="takes letter by letter")
def letter_by_letter(offered, supported):
    return next((name for name in offered or "" if name in supported), None)


@wrong("choose_subprotocol", hint="Do you look at both?")
def only_the_first_round(offered, supported):
    for name in (offered or "").split(","):
        return name.strip() if name.strip() in supported else None


@wrong("choose_subprotocol", hint="One name is asked for, not a set")
def a_set(offered, supported):
    return {name.strip() for name in (offered or "").split(",")} & set(supported)


@wrong("choose_subprotocol", hint="all that the client offers")
def the_whole_offer(offered, supported):
    return offered


@wrong("choose_subprotocol", hint="With a second value, `next(…, None)` returns that.")
def next_without_a_default(offered, supported):
    names = [name.strip() for name in (offered or "").split(",")]
    return next(name for name in names if name in supported)


@wrong("choose_subprotocol", hint="the client's favourite decides")
def the_last_that_fits(offered, supported):
    chosen = None
    for name in (offered or "").split(","):
        if name.strip() in supported:
            chosen = name.strip()
    return chosen


@wrong("choose_subprotocol", hint="The client offers nothing (None)")
def none_in_quotes(offered, supported):
    if offered is None:
        return "None"
    return next((name.strip() for name in offered.split(",") if name.strip() in supported), None)
