"""Solutions of the lesson strangers."""

import html
import secrets
import unicodedata
from collections.abc import MutableMapping
from typing import Any


def checked_name(wanted: object) -> str | None:
    """Return the name as it will be shown, or None if nobody may be called that."""
    if not isinstance(wanted, str) or len(wanted) > 100:
        return None
    name = unicodedata.normalize("NFKC", wanted).strip()
    if not 1 <= len(name) <= 30 or not name.isprintable():
        return None
    return name


def line(name: str, text: str) -> str:
    """Write a line of a page in which name and text are text, whatever they are."""
    name, text = html.escape(name), html.escape(text)
    return f'<li title="{name}">{name}: {text}</li>'


def take_place(
    name: str, token: object, places: MutableMapping[str, dict[str, Any]], now: float
) -> str | None:
    """Return the token of the place under a name, or None if somebody else has it."""
    key = name.casefold()
    place = places.get(key)
    if place and place["token"] == token:
        place["until"] = None
        return str(token)
    if place and (place["until"] is None or now < place["until"]):
        return None
    places[key] = {"token": secrets.token_urlsafe(), "until": None}
    return str(places[key]["token"])
