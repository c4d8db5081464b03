"""Fifty messages that are wrong, and what their senders hear: the code, the sentence, the id.

They are for the types of a small server, `TYPES`. Whatever checks messages has to answer all of
them so that a learner understands what to change.
"""

from typing import NamedTuple

from helpers.serving.schema import Field

TYPES = {
    "say": {"id": Field(str), "text": Field(str), "to": Field(str, False)},
    "typing": {"on": Field(bool)},
    "catch_up": {"after": Field(int)},
    "caret": {"anchor": Field(dict, False)},
}


class Bad(NamedTuple):
    """A message, and how it is refused."""

    raw: str | bytes
    code: str
    text: str
    id: str | None = None


NO_OBJECT = "expected a JSON object, got"
NO_TYPE = "expected one of the types say, typing, catch_up, caret, got"
NO_STRING = 'say expects a string as "text", got'
NO_NUMBER = 'catch_up expects a whole number as "after", got'
OUT_OF_BOUNDS = 'catch_up expects 0 to 2**53 - 1 as "after", got'
SURROGATE = '"text" of say contains an unpaired surrogate'


def say(text: str, more: str = "") -> str:
    """Write a `say` whose text is given as JSON."""
    return f'{{"type": "say", "id": "7", "text": {text}{more}}}'


def catch_up(after: str) -> str:
    """Write a `catch_up` whose number is given as JSON."""
    return f'{{"type": "catch_up", "after": {after}}}'


NOT_JSON = [
    Bad("", "bad_json", 'expected JSON, got ""'),
    Bad("{", "bad_json", 'expected JSON, got "{"'),
    Bad("undefined", "bad_json", 'expected JSON, got "undefined"'),
    Bad("{'type': 'say'}", "bad_json", "expected JSON, got \"{'type': 'say'}\""),
    Bad('{"type": "say",}', "bad_json", r'expected JSON, got "{\"type\": \"say\",}"'),
    Bad('{"on": true} {}', "bad_json", r'expected JSON, got "{\"on\": true} {}"'),
    Bad("\ufeff{}", "bad_json", r'expected JSON, got "\ufeff{}"'),
    Bad("[" * 60_000, "bad_json", f'expected JSON, got "{"[" * 38}…'),
    Bad(
        say('"\n"'),
        "bad_json",
        r'expected JSON, got "{\"type\": \"say\", \"id\": \"7\", \"t…, '
        "which is wrong at character 37",
    ),
    Bad(
        say(r'"\x"'),
        "bad_json",
        r'expected JSON, got "{\"type\": \"say\", \"id\": \"7\", \"t…, '
        "which is wrong at character 37",
    ),
    Bad(
        catch_up("9" * 5_000),
        "bad_json",
        r'expected JSON, got "{\"type\": \"catch_up\", \"after\": 99…',
    ),
    Bad(b"{}", "bad_json", "expected JSON in a text frame, got 2 bytes in a binary frame"),
    Bad(b"\xff\xfe", "bad_json", "expected JSON in a text frame, got 2 bytes in a binary frame"),
    Bad(
        '"' + "x" * 65_536 + '"',
        "too_long",
        "expected at most 65,536 characters, got 65,538",
    ),
]
NOT_A_MESSAGE = [
    Bad("null", "bad_message", f"{NO_OBJECT} null"),
    Bad("7", "bad_message", f"{NO_OBJECT} 7"),
    Bad("NaN", "bad_message", f"{NO_OBJECT} NaN"),
    Bad('"say"', "bad_message", f'{NO_OBJECT} "say"'),
    Bad('["say", {"id": "7"}]', "bad_message", f'{NO_OBJECT} ["say", {{"id": "7"}}]'),
    Bad("{}", "unknown_type", f"{NO_TYPE} none"),
    Bad('{"type": null}', "unknown_type", f"{NO_TYPE} null"),
    Bad('{"type": 7}', "unknown_type", f"{NO_TYPE} 7"),
    Bad('{"type": ["say"]}', "unknown_type", f'{NO_TYPE} ["say"]'),
    Bad('{"type": "SAY"}', "unknown_type", f'{NO_TYPE} "SAY"'),
    Bad('{"type": "fly", "id": "7"}', "unknown_type", f'{NO_TYPE} "fly"'),
    Bad(r'{"type": "\ud800"}', "unknown_type", rf'{NO_TYPE} "\ud800"'),
    Bad('{"type": "' + "x" * 99 + '"}', "unknown_type", f'{NO_TYPE} "{"x" * 38}…'),
]
BAD_FIELDS = [
    Bad('{"type": "say", "text": "x"}', "bad_field", 'say needs the field "id"'),
    Bad('{"type": "say", "id": "7"}', "bad_field", 'say needs the field "text"', "7"),
    Bad(say("null"), "bad_field", 'say needs the field "text"', "7"),
    Bad(say('"x"', ', "loud": 1'), "bad_field", 'say has no field "loud"', "7"),
    Bad(say('"x"', ', "a": 1, "b": 2'), "bad_field", 'say has no field "a"', "7"),
    Bad(say('"x"', r', "\ud800": 1'), "bad_field", r'say has no field "\ud800"', "7"),
    Bad('{"type": "typing", "On": true}', "bad_field", 'typing has no field "On"'),
    Bad(
        '{"type": "say", "id": 7, "text": "x"}',
        "bad_field",
        'say expects a string as "id", got 7',
    ),
    Bad(say("7"), "bad_field", f"{NO_STRING} 7", "7"),
    Bad(say("NaN"), "bad_field", f"{NO_STRING} NaN", "7"),
    Bad(say('["x"]'), "bad_field", f'{NO_STRING} ["x"]', "7"),
    Bad(say('"x"', ', "text": 1'), "bad_field", f"{NO_STRING} 1", "7"),  # the last one counts
    Bad(say(r'"\ud800"'), "bad_field", SURROGATE, "7"),
    Bad(say(r'"\udc00\ud800"'), "bad_field", SURROGATE, "7"),
    Bad('{"type": "typing", "on": 1}', "bad_field", 'typing expects true or false as "on", got 1'),
    Bad(
        '{"type": "typing", "on": "true"}',
        "bad_field",
        'typing expects true or false as "on", got "true"',
    ),
    Bad(catch_up("true"), "bad_field", f"{NO_NUMBER} true"),
    Bad(catch_up("1.0"), "bad_field", f"{NO_NUMBER} 1.0"),
    Bad(catch_up('"12"'), "bad_field", f'{NO_NUMBER} "12"'),
    Bad(catch_up("Infinity"), "bad_field", f"{NO_NUMBER} Infinity"),
    Bad(catch_up("-1"), "bad_field", f"{OUT_OF_BOUNDS} -1"),
    Bad(catch_up("9007199254740992"), "bad_field", f"{OUT_OF_BOUNDS} 9007199254740992"),
    Bad(
        '{"type": "caret", "anchor": []}',
        "bad_field",
        'caret expects an object as "anchor", got []',
    ),
]
MESSAGES = NOT_JSON + NOT_A_MESSAGE + BAD_FIELDS
