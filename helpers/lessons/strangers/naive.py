"""What stands in for the exercises of the lesson strangers until they are solved."""

import secrets
from collections.abc import MutableMapping
from typing import Any


def checked_name(wanted: Any) -> Any:
    """Let everybody be called whatever they like."""
    return wanted


def line(name: str, text: str) -> str:
    """Write a line of a page, and trust whoever wrote its text."""
    return f'<li title="{name}">{name}: {text}</li>'


def take_place(
    name: str, token: object, places: MutableMapping[str, dict[str, Any]], now: float
) -> str | None:
    """Give away a name that nobody has, and know nobody who comes back."""
    place = places.get(name.casefold())
    if place and (place["until"] is None or now < place["until"]):
        return None
    token = secrets.token_urlsafe()
    places[name.casefold()] = {"token": token, "until": None}
    return token
