"""Messages checked: JSON objects whose fields are known, and what is said of those that are not.

1. A message is a JSON object in a text frame whose `type` says which fields it has.
2. An event has one object as its argument; its name says which fields that has.

What is wrong is a `Refusal`, with a code for programs and a sentence for people.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

LONGEST_JSON = 65_536  # characters; more is refused before it is parsed
LARGEST_NUMBER = 2**53 - 1  # what JavaScript counts exactly
KINDS = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


class Refusal(ValueError):
    """A message that is not carried out.

    Args:
        code: for programs, such as `"name_taken"`.
        text: for people: what was expected, and what came.
        id: of the message, if it had one.
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
        Refusal: bad_json, bad_message, unknown_type, bad_field or too_long.
    """
    message = _object(raw)
    kind = message.pop("type", None)
    if not isinstance(kind, str) or kind not in types:
        raise Refusal("unknown_type", f"expected a type of {', '.join(types)}, got {brief(kind)}")
    id_ = message.get("id")
    try:
        _check(kind, message, types[kind])
    except Refusal as error:
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
        Refusal: bad_message or bad_field.
    """
    given = arguments[0] if arguments else {}
    if len(arguments) > 1 or not isinstance(given, dict):
        raise Refusal("bad_message", f"{kind} expects one object, got {brief(arguments)}")
    _check(kind, given, fields)
    return {name: given.get(name) for name in fields}


def _object(raw: str | bytes) -> dict[str, Any]:
    if isinstance(raw, bytes):
        raise Refusal("bad_json", f"expected JSON in a text frame, got {len(raw)} binary bytes")
    if len(raw) > LONGEST_JSON:
        fact = f"expected at most {LONGEST_JSON:,} characters, got {len(raw):,}"
        raise Refusal("too_long", fact)
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refusal("bad_json", f"expected JSON, got {brief(raw)}") from error
    if not isinstance(message, dict):
        raise Refusal("bad_message", f"expected a JSON object, got {brief(message)}")
    return message


def _check(kind: str, message: dict[str, Any], fields: Fields) -> None:
    for name in message.keys() - fields.keys():
        raise Refusal("bad_field", f"{kind} has no field {brief(name)}")
    for name, field in fields.items():
        value = message.get(name)
        if value is None:
            if field.required:
                raise Refusal("bad_field", f"{kind} needs the field {name!r}")
        elif type(value) is not field.kind:  # exactly: in Python, True is an int
            fact = f"{kind} expects {KINDS[field.kind]} as {name!r}, got {brief(value)}"
            raise Refusal("bad_field", fact)
        elif isinstance(value, str) and not is_unicode(value):
            raise Refusal("bad_field", f"{name!r} has half of a surrogate pair")
        elif type(value) is int and not 0 <= value <= LARGEST_NUMBER:
            raise Refusal("bad_field", f"{name!r} expects 0 to 2**53 - 1, got {brief(value)}")


def is_unicode(text: str) -> bool:
    """Tell whether a text can be encoded: it has no half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def brief(value: object) -> str:
    """Show a value in an error: 40 characters of it, and nothing that cannot be encoded."""
    try:
        shown = json.dumps(value, default=str)  # ASCII: even half of a surrogate pair
    except (ValueError, RecursionError):
        shown = type(value).__name__
    return shown if len(shown) <= 40 else shown[:39] + "…"
