"""A handshake: request and response side by side, each header with its job, and the accept key.

Unless `exact` asks for it, whatever differs from run to run is named but not shown: the key and
its answer, the names and versions of programs, dates and cookies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helpers.pictures.header_jobs import RFC_KEY, header_job, line_job, stable_value
from helpers.pictures.paint import (
    Picture,
    align,
    count,
    escape,
    scroll,
    shorten,
    tag,
    wrap,
)
from helpers.wire.handshake import GUID, Request, Response, accept_key
from helpers.wire.quoting import visible
from helpers.wire.transcript import CLIENT_TO_SERVER, SERVER_TO_CLIENT, Entry
from helpers.wire.wording import refusal_text, stable_target

MAX_HANDSHAKES = 12
NOTHING = "no handshake recorded yet"
PROOF = "how the answer is made from the key"
BODY_CHARACTERS = 400

STYLE = """
& .pair{display:flex;flex-wrap:wrap;gap:.8em 1.6em;align-items:flex-start}
& .half{flex:1 1 20em;min-width:0;container-type:inline-size}
& .half .way,& .half .none{display:inline-block;padding:0 .55em;border-radius:.3em}
& .up .way{background:rgba(var(--cs),.17)}
& .down .way{background:rgba(var(--sc),.19)}
& .heads{width:100%}
& .heads caption{opacity:1;border-bottom:3px solid rgb(var(--sc));padding:0}
& .up .heads caption{border-bottom-color:rgb(var(--cs))}
& .heads tr{padding:0;border-bottom:1px solid rgba(128,128,128,.18)}
& .heads td{padding:.22em .6em;overflow-wrap:anywhere}
& .heads small{font-size:.86em;opacity:.85}
& .heads .first td{background:var(--quiet)}
& .heads .link td{background:rgba(139,92,246,.16)}
@container (max-width:520px){
& .heads,& .heads tbody,& .heads tr,
& .heads td,& .heads caption{display:block}
& .heads td{padding:.2em .6em 0}
& .heads td:last-child{padding:0 .6em .2em}
}
& .proof{margin-top:.9em}
& .proof table{border-left:3px solid rgb(139,92,246)}
& .proof td,& .proof th{padding:.12em .8em;white-space:nowrap}
& .proof th{font-size:.86em}
& .proof td{white-space:normal;overflow-wrap:anywhere}
& .good{border-left:4px solid rgb(var(--good));background:rgba(var(--good),.12);
padding:.3em .7em;margin:.5em 0}
& .pair+.title,& .good+.title,& .bad+.title{margin-top:1.4em}
"""


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request and its response; either may be missing."""

    request: Request | None
    response: Response | None
    connection: int | None = None

    @property
    def is_unanswered(self) -> bool:
        """Whether a recording lacks the response; a request given directly needs none."""
        return self.response is None and self.connection is not None

    @property
    def key(self) -> str | None:
        """The client's `Sec-WebSocket-Key`."""
        return self.request.header("Sec-WebSocket-Key") if self.request else None


Rows = list[tuple[str, str]]  # a line of a head, and its job


def draw_handshakes(handshakes: Sequence[Handshake], *, exact: bool = False) -> Picture:
    """Draw handshakes, one below the other.

    Args:
        handshakes: requests and responses that belong together.
        exact: show keys, program names and dates even if they differ on every run.

    Source: RFC 6455 §4.
    """
    if not handshakes:
        return Picture(wrap("handshake", "", tag("p", NOTHING, "small")), NOTHING)
    html, text = [], []
    titled = len({handshake.connection for handshake in handshakes}) > 1
    for handshake in handshakes[:MAX_HANDSHAKES]:
        if titled:
            title = f"connection {handshake.connection}"
            html.append(tag("p", tag("strong", title), "title"))
            text.append(title)
        html += _html(handshake, exact)
        text += _text(handshake, exact)
    if len(handshakes) > MAX_HANDSHAKES:
        rest = f"… {count(len(handshakes) - MAX_HANDSHAKES, 'handshake')} more …"
        html.append(tag("p", rest, "small"))
        text.append(rest)
    return Picture(wrap("handshake", STYLE, *html), "\n".join(text))


def find_handshakes(entries: Sequence[Entry]) -> list[Handshake]:
    """Pair requests with responses; plain HTTP is included only if there is nothing else."""
    open_requests: dict[int | None, list[int]] = {}
    found: list[Handshake] = []
    for entry in entries:
        waiting = open_requests.setdefault(entry.connection, [])
        if isinstance(entry.value, Request):
            waiting.append(len(found))
            found.append(Handshake(entry.value, None, entry.connection))
        elif isinstance(entry.value, Response) and waiting:
            place = waiting.pop(0)
            found[place] = Handshake(found[place].request, entry.value, entry.connection)
        elif isinstance(entry.value, Response):
            found.append(Handshake(None, entry.value, entry.connection))
    return [handshake for handshake in found if _is_websocket(handshake)] or found


def _is_websocket(handshake: Handshake) -> bool:
    heads = [head for head in (handshake.request, handshake.response) if head is not None]
    names = {name.lower() for head in heads for name, _ in head.headers}
    return any(name == "upgrade" or name.startswith("sec-websocket-") for name in names)


def _sides(handshake: Handshake) -> Iterator[tuple[str, str, Request | Response | None]]:
    yield CLIENT_TO_SERVER, "request", handshake.request
    yield SERVER_TO_CLIENT, "response", handshake.response


def _rows(head: Request | Response, key: str | None, exact: bool) -> Rows:
    if isinstance(head, Request):
        target = stable_target(head.target) if "EIO=" in head.target and not exact else head.target
        first = f"{head.method} {target} {head.version}"
    else:
        first = f"HTTP/1.1 {head.status} {head.reason}".rstrip()
    rows = [(first, line_job(head))]
    for name, value in head.headers:
        shown = value if exact else stable_value(head, name, value, key)
        rows.append((f"{name}: {shown}", header_job(head, name, value)))
    return [(visible(line), job) for line, job in rows]


def _proof(handshake: Handshake, exact: bool) -> Rows:
    """Return the steps that make the accept key."""
    key, response = handshake.key, handshake.response
    if key is None or response is None or response.status != 101:
        return []
    known = exact or key == RFC_KEY
    digest = hashlib.sha1((key + GUID).encode("latin-1"), usedforsecurity=False).digest()
    return [
        ("Sec-WebSocket-Key", visible(key) if known else f"({len(key)} characters, random)"),
        ("followed by the GUID", GUID),
        ("SHA-1 of both", digest.hex(" ") if known else "(20 bytes)"),
        ("in base64", accept_key(key) if known else "(28 characters)"),
    ]


def _verdict(handshake: Handshake) -> tuple[str, str] | None:
    """Return the outcome: a CSS class and the words."""
    response = handshake.response
    if response is None or response.status < 400:
        return _accepted(handshake)
    fact = refusal_text(response) or ""
    said = f"refused: {response.status} {response.reason}"
    return "bad", visible(f"{said}: {shorten(fact, BODY_CHARACTERS)}" if fact else said)


def _accepted(handshake: Handshake) -> tuple[str, str] | None:
    key, response = handshake.key, handshake.response
    if key is None or response is None or response.status != 101:
        return None
    if response.header("Sec-WebSocket-Accept") == accept_key(key):
        return "good", "this is Sec-WebSocket-Accept: the other side speaks WebSocket"
    return "bad", "this is not Sec-WebSocket-Accept: the client must close (RFC 6455 §4.1)"


def _text(handshake: Handshake, exact: bool) -> list[str]:
    lines = []
    for direction, name, head in _sides(handshake):
        if head is not None:
            lines.append(f"{direction} {name}")
            lines += align(_rows(head, handshake.key, exact), indent="  ", limit=64)
        elif handshake.is_unanswered:
            lines.append(f"no {name} recorded")
    if proof := _proof(handshake, exact):
        lines += [PROOF, *align(proof, indent="  ")]
    verdict = _verdict(handshake)
    return [*lines, verdict[1]] if verdict else lines


def _html(handshake: Handshake, exact: bool) -> list[str]:
    halves = ""
    for direction, name, head in _sides(handshake):
        css = "half up" if direction == CLIENT_TO_SERVER else "half down"
        if head is not None:
            caption = tag("caption", tag("span", direction, "way") + f" {name}")
            rows = _rows_html(_rows(head, handshake.key, exact))
            halves += tag("div", tag("table", caption + rows, "heads"), css)
        elif handshake.is_unanswered:
            halves += tag("div", f"no {name} recorded", f"{css} small")
    parts = [tag("div", halves, "pair")]
    if proof := _proof(handshake, exact):
        rows = "".join(_proof_row(*row) for row in proof)
        table = tag("table", tag("caption", PROOF) + rows)
        parts.append(tag("div", scroll(PROOF, table), "proof"))
    if verdict := _verdict(handshake):
        parts.append(tag("p", escape(verdict[1]), verdict[0]))
    return parts


def _rows_html(rows: Rows) -> str:
    html = ""
    for index, (line, job) in enumerate(rows):
        linked = line.lower().startswith(("sec-websocket-key:", "sec-websocket-accept:"))
        css = "first" if index == 0 else "link" if linked else ""
        cells = tag("td", tag("code", escape(line))) + tag("td", tag("small", escape(job)))
        html += tag("tr", cells, css) + "\n"
    return html


def _proof_row(step: str, value: str) -> str:
    return tag("tr", tag("th", step, scope="row") + tag("td", tag("code", escape(value))))
