"""Names and tokens: what others read, and the secret that says "it is me again".

1. A name is short and visible, and two names that look the same to the eye are one.
2. A token is a secret; a server keeps only its hash.
"""

import hashlib
import secrets
import unicodedata

from helpers.serving.schema import Refusal

LONGEST_NAME = 24
JOINERS = "\u200c\u200d"  # invisible, but Persian words and some emoji need them


def checked_name(name: str) -> str:
    """Return a name as others will see it.

    Args:
        name: as it was typed.

    Returns:
        The name in Unicode's form NFC, with single spaces inside and none around it.

    Raises:
        Refusal: bad_name, when it is empty, too long, or has invisible characters.

    Source: Unicode Standard Annex 15.
    """
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(tidy) <= LONGEST_NAME:
        fact = f"expected a name of 1 to {LONGEST_NAME} characters, got {len(tidy)}"
        raise Refusal("bad_name", fact)
    for character in tidy:
        # Control characters, and those that reverse the direction of the text after them.
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}
        if hidden and character not in JOINERS:
            raise Refusal("bad_name", f"a name must not contain U+{ord(character):04X}")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in tidy):
        raise Refusal("bad_name", "a name needs a letter, a digit or a symbol")
    return tidy


def name_key(name: str) -> str:
    """Return a key that names share if they look the same: `Alice`, `ALICE`, `Ａｌｉｃｅ`.

    Source: Unicode Standard Annex 15, form NFKC.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    normal = unicodedata.normalize("NFKC", folded)
    return "".join(character for character in normal if character not in JOINERS)


def new_token() -> str:
    """Return a secret of 24 random bytes, as 32 characters."""
    return secrets.token_urlsafe(24)


def hashed(token: str) -> str:
    """Return the hash of a token: whoever reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()
