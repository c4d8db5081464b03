"""Pictures of what goes over the wire: HTML for the notebook, each with a text twin."""

from __future__ import annotations

from helpers.pictures.display import display
from helpers.pictures.draw import Picture, draw

__all__ = ["Picture", "draw", "show"]


def show(
    what: object,
    view: str | None = None,
    *,
    connection: int | None = None,
    times: bool = False,
    exact: bool = False,
) -> None:
    """Display what goes over the wire, as a picture; outside a notebook, as text.

    Args:
        what: a tap, a transcript, a list of entries; or bytes, a frame, a request, a response,
            or a list of those.
        view: of a recording: `"frames"` (the default), `"bytes"`, `"handshake"` or `"sequence"`;
            of bytes and frames: None for their anatomy, or `"bytes"`.
        connection: draw only this connection.
        times: show when things happened, in seconds since the recording began.
        exact: show even what differs from run to run, such as keys, masks and dates. Bytes,
            frames, requests and responses that are given directly are always exact.

    Raises:
        TypeError: `what` cannot be drawn.
        ValueError: there is no such view, or no such connection.

    First used: start_here
    """
    display(draw(what, view, connection=connection, times=times, exact=exact))
