"""What people send to a helper server, checked: JSON objects, names, tokens, and how fast.

1. A message is a JSON object in a text frame whose `type` says which fields it has.
2. A name is what others read: short, visible, and the same to everybody's eye only once.
3. A token is a secret that says "it is me again"; a server keeps its hash alone.
4. Whoever sends faster than the bucket fills is refused, and costs nobody else anything.

What is wrong is `Refused`, with a code for programs and a sentence for people.
"""

import hashlib
import json
import secrets
import time
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

LONGEST_JSON = 65_536  # characters; more is refused before it is parsed
LONGEST_NAME = 24
JOINERS = "\u200c\u200d"  # unseen, but Persian words and some emoji need them
LARGEST_NUMBER = 2**53 - 1  # what JavaScript counts exactly
KINDS = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


class Refused(ValueError):
    """A message that is not carried out.

    Args:
        code: for programs, such as `"name_taken"`.
        text: for people: what was expected, and what came.
        id: of the message, if it had one.

    First used: notebooks/04_chat.ipynb
    """

    def __init__(self, code: str, text: str, id: str | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.id = id

    def message(self) -> dict[str, str]:
        """Return the error as the message that is sent to its author."""
        error = {"type": "error", "code": self.code, "text": str(self)}
        return error if self.id is None else error | {"id": self.id}


class Field(NamedTuple):
    """One field of a message: its `kind`, and whether it must be there; None stands for absent."""

    kind: type
    required: bool = True


Fields = Mapping[str, Field]


def read(raw: str | bytes, types: Mapping[str, Fields]) -> dict[str, Any]:
    """Read a message and check its fields.

    Args:
        raw: what came: text, if all is well.
        types: the fields of each type that the server knows.

    Returns:
        The message, with None for optional fields that are absent.

    Raises:
        Refused: bad_json, bad_message, unknown_type, bad_field or too_long.

    First used: notebooks/04_chat.ipynb
    """
    message = _object(raw)
    kind = message.pop("type", None)
    if not isinstance(kind, str) or kind not in types:
        raise Refused("unknown_type", f"expected a type of {', '.join(types)}, got {brief(kind)}")
    id_ = message.get("id")
    try:
        _check(kind, message, types[kind])
    except Refused as error:
        error.id = id_ if isinstance(id_, str) and len(id_) <= 64 and is_unicode(id_) else None
        raise
    return {"type": kind} | {name: message.get(name) for name in types[kind]}


def checked(kind: str, arguments: tuple[Any, ...], fields: Fields) -> dict[str, Any]:
    """Check the fields of an event, whose one argument is an object.

    Args:
        kind: the event's name.
        arguments: what came with it; none stands for an empty object.
        fields: those that it has.

    Returns:
        The fields, with None for optional ones that are absent.

    Raises:
        Refused: bad_message or bad_field.

    First used: notebooks/07_socketio_chat.ipynb
    """
    given = arguments[0] if arguments else {}
    if len(arguments) > 1 or not isinstance(given, dict):
        raise Refused("bad_message", f"{kind} expects one object, got {brief(arguments)}")
    _check(kind, given, fields)
    return {name: given.get(name) for name in fields}


def _object(raw: str | bytes) -> dict[str, Any]:
    if isinstance(raw, bytes):
        raise Refused("bad_json", f"expected JSON in a text frame, got {len(raw)} binary bytes")
    if len(raw) > LONGEST_JSON:
        fact = f"expected at most {LONGEST_JSON:,} characters, got {len(raw):,}"
        raise Refused("too_long", fact)
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refused("bad_json", f"expected JSON, got {brief(raw)}") from error
    if not isinstance(message, dict):
        raise Refused("bad_message", f"expected a JSON object, got {brief(message)}")
    return message


def _check(kind: str, message: dict[str, Any], fields: Fields) -> None:
    for name in message.keys() - fields.keys():
        raise Refused("bad_field", f"{kind} has no field {brief(name)}")
    for name, field in fields.items():
        value = message.get(name)
        if value is None:
            if field.required:
                raise Refused("bad_field", f"{kind} needs the field {name!r}")
        elif type(value) is not field.kind:  # exactly: in Python, True is an int
            fact = f"{kind} expects {KINDS[field.kind]} as {name!r}, got {brief(value)}"
            raise Refused("bad_field", fact)
        elif isinstance(value, str) and not is_unicode(value):
            raise Refused("bad_field", f"{name!r} has half of a surrogate pair")
        elif type(value) is int and not 0 <= value <= LARGEST_NUMBER:
            raise Refused("bad_field", f"{name!r} expects 0 to 2**53 - 1, got {brief(value)}")


def is_unicode(text: str) -> bool:
    """Tell whether a text can be encoded: it has no half of a surrogate pair.

    First used: notebooks/09_live_voting.ipynb
    """
    return not any("\ud800" <= character <= "\udfff" for character in text)


def brief(value: object) -> str:
    """Show a value in an error: 40 characters of it, and nothing that cannot be encoded.

    First used: notebooks/04_chat.ipynb
    """
    try:
        shown = json.dumps(value, default=str)  # ASCII: even half of a surrogate pair
    except (ValueError, RecursionError):
        shown = type(value).__name__
    return shown if len(shown) <= 40 else shown[:39] + "…"


def checked_name(name: str) -> str:
    """Return a name as others will see it.

    Args:
        name: as it was typed.

    Returns:
        The name in Unicode's form NFC, without space around it and with single spaces in it.

    Raises:
        Refused: bad_name, when it is empty, too long, or has what the eye does not see.

    Source: Unicode Standard Annex 15. First used: notebooks/04_chat.ipynb
    """
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(tidy) <= LONGEST_NAME:
        fact = f"expected a name of 1 to {LONGEST_NAME} characters, got {len(tidy)}"
        raise Refused("bad_name", fact)
    for character in tidy:
        # Controls, and signs that turn what follows around.
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}
        if hidden and character not in JOINERS:
            raise Refused("bad_name", f"a name must not contain U+{ord(character):04X}")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in tidy):
        raise Refused("bad_name", "a name needs a letter, a digit or a sign")
    return tidy


def name_key(name: str) -> str:
    """Return what two names share that look the same: `Alice`, `ALICE`, `Ａｌｉｃｅ`.

    Source: Unicode Standard Annex 15, form NFKC. First used: notebooks/04_chat.ipynb
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in unicodedata.normalize("NFKC", folded) if sign not in JOINERS)


def new_token() -> str:
    """Return a secret of 24 random bytes, as text.

    First used: notebooks/04_chat.ipynb
    """
    return secrets.token_urlsafe(24)


def hashed(token: str) -> str:
    """Return what a server stores of a token: who reads the database cannot use it.

    First used: notebooks/04_chat.ipynb
    """
    return hashlib.sha256(token.encode()).hexdigest()


class Bucket:
    """A bucket of tokens: each message takes one, and they come back at a steady rate.

    Args:
        burst: how many messages may come at once.
        per_second: how many come back in a second.

    First used: notebooks/04_chat.ipynb
    """

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst, self._per_second = burst, per_second
        self._left, self._at = burst, time.monotonic()
        self.refused = 0  # of late: each message that is taken makes up for ten

    def take(self) -> None:
        """Take one token.

        Raises:
            Refused: too_fast, when none is left.
        """
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            self.refused += 1
            wait_s = max(0.1, (1 - self._left) / self._per_second)
            raise Refused("too_fast", f"too many messages at once; wait {wait_s:.1f} s")
        self._left -= 1
        self.refused = max(0, self.refused - 10)
