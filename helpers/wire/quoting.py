"""Text as it is shown: on one line, in quotes, with as few escapes as possible."""

import unicodedata

__all__ = ["quoted", "visible"]

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """Return the text on one line, with an escape for each unprintable character."""
    return "".join(_ESCAPES.get(character) or _escape_invisible(character) for character in text)


def _escape_invisible(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE or character == "\u200d":
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"


def quoted(text: str) -> str:
    """Return the text in quotes that it does not contain itself, if there are any."""
    mark = "'" if '"' in text else '"'
    return f"{mark}{visible(text)}{mark}"
