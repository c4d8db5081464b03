"""Names and tokens: what others read, and the secret that says "it is me again".

1. A name is short and visible, and two names that look the same to the eye are one.
2. Its length is checked before anything else: `unicodedata.normalize` takes four times as long
   for twice as many accents.
3. A token is a secret; a server keeps only its hash.

Names, the names of rooms and the options of a poll look the same if `look_key` is the same. It
leaves out what nobody can see and what only a typographer would:

- case and width, and whatever else Unicode calls compatible (NFKC, casefold): `Ａｌｉｃｅ`, `ﬁ`;
- characters without a picture: joiners, variation selectors, fillers, tags, marks of direction,
  all of Unicode's Default_Ignorable_Code_Point;
- how wide a gap is, and which blank makes it.

It does not know letters of different alphabets that look alike (Latin `a`, Cyrillic `а`), nor `l`,
`1` and `I`. Unicode TR 39 has a table of them, the "skeleton". Its measure is wrong for a poll,
where `1` and `l` are two options, and for `rn` and `m` in honest names; and no library serves
here: `confusable-homoglyphs` (January 2024) and `confusables` (2021) have no skeleton and no new
releases, and `disarm` 0.17, which is new, brings 5 MB and a skeleton of its own.

Source: Unicode Standard Annex 15; Unicode Standard Annex 44, Default_Ignorable_Code_Point.
"""

import hashlib
import secrets
import unicodedata

from helpers.serving.schema import Refusal

LONGEST_NAME = 24
#: Characters as typed: spaces count, and one character can be typed as four.
LONGEST_TYPED = 4 * LONGEST_NAME
JOINERS = "\u200c\u200d"  # invisible, but Persian words and some emoji need them
#: Default_Ignorable_Code_Point of Unicode 16, first and last of each range.
IGNORABLE = (
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
#: Those that choose a form of the character before them, in emoji, Han and Mongolian.
SELECTORS = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
BLANK = "\u2800\U0001d159\U00016fe4"  # as empty as a space, but not one to Unicode
NO_NAME = "\0"  # the key of whatever is too long for a name

_WITHOUT_PICTURE = {
    **{code: None for first, last in IGNORABLE for code in range(first, last + 1)},
    **{ord(character): " " for character in BLANK},
}
_SELECTORS = {chr(code) for first, last in SELECTORS for code in range(first, last + 1)}


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
    fits = len(name) <= LONGEST_TYPED
    tidy = " ".join(unicodedata.normalize("NFC", name).split()) if fits else name
    if not 1 <= len(tidy) <= LONGEST_NAME:
        fact = f"expected a name of 1 to {LONGEST_NAME} characters, got {len(tidy):,}"
        raise Refusal("bad_name", fact)
    for character in tidy:
        if is_hidden(character):
            raise Refusal("bad_name", f"a name must not contain U+{ord(character):04X}")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in look_key(tidy)):
        raise Refusal("bad_name", "a name needs a letter, a digit or a symbol")
    return tidy


def is_hidden(character: str) -> bool:
    """Tell whether a character has no picture, or reverses the direction of the text after it."""
    if character in JOINERS or character in _SELECTORS:
        return False
    no_text = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}
    return no_text or ord(character) in _WITHOUT_PICTURE


def name_key(name: str) -> str:
    """Return a key that names share if they look the same: `Alice`, `ALICE`, `Ａｌｉｃｅ`.

    Args:
        name: a name, or what a stranger takes for one.

    Returns:
        The key; for what is too long to be a name, one that no name has.
    """
    return look_key(name) if len(name) <= LONGEST_TYPED else NO_NAME


def look_key(text: str) -> str:
    """Return a key that strings share if they look the same to the eye.

    Args:
        text: a short one: the caller has checked its length.

    Source: Unicode Standard §3.13, toNFKC_Casefold, repeated until nothing changes.
    """
    key = " ".join(text.split())
    if key.isascii():
        return key.lower()
    while True:
        visible = unicodedata.normalize("NFKC", key).casefold().translate(_WITHOUT_PICTURE)
        before, key = key, " ".join(unicodedata.normalize("NFKC", visible).split())
        if key == before:
            return key


def new_token() -> str:
    """Return a secret of 24 random bytes, as 32 characters."""
    return secrets.token_urlsafe(24)


def hashed(token: str) -> str:
    """Return the hash of a token: whoever reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()
