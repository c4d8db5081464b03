"""Names and tokens: what others read, and the secret that says "it is me again".

1. A name is short and visible, and two names that look the same to the eye are one.
2. A token is a secret; a server keeps nothing but its hash.
"""

import hashlib
import secrets
import unicodedata

from helpers.serving.schema import Refusal

LONGEST_NAME = 24
JOINERS = "\u200c\u200d"  # unseen, but Persian words and some emoji need them


def checked_name(name: str) -> str:
    """Return a name as others will see it.

    Args:
        name: as it was typed.

    Returns:
        The name in Unicode's form NFC, without space around it and with single spaces in it.

    Raises:
        Refusal: bad_name, when it is empty, too long, or has what the eye does not see.

    Source: Unicode Standard Annex 15.
    """
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(tidy) <= LONGEST_NAME:
        fact = f"expected a name of 1 to {LONGEST_NAME} characters, got {len(tidy)}"
        raise Refusal("bad_name", fact)
    for character in tidy:
        # Controls, and signs that turn what follows around.
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}
        if hidden and character not in JOINERS:
            raise Refusal("bad_name", f"a name must not contain U+{ord(character):04X}")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in tidy):
        raise Refusal("bad_name", "a name needs a letter, a digit or a sign")
    return tidy


def name_key(name: str) -> str:
    """Return what two names share that look the same: `Alice`, `ALICE`, `Ａｌｉｃｅ`.

    Source: Unicode Standard Annex 15, form NFKC.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in unicodedata.normalize("NFKC", folded) if sign not in JOINERS)


def new_token() -> str:
    """Return a secret of 24 random bytes, as text."""
    return secrets.token_urlsafe(24)


def hashed(token: str) -> str:
    """Return what a server stores of a token: who reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()
