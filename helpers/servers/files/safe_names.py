"""What a file may be called: a name that is safe in a folder of any system, and tells no lie.

The server itself stores no bytes under a name that somebody typed. Whoever fetches a file does: a
browser, or a program that writes it into a folder. So a name is refused here if anywhere

1. it leads out of its folder: `../`, `/etc/passwd`, `C:\\`, a backslash, `.` and `..`;
2. it means something else than a file: `CON` and `LPT1.txt` are devices on Windows, `a:b` is a
   stream, a leading dot hides a file or configures a program;
3. it becomes another name on its way: control characters, a blank or a dot at the end;
4. it looks like another name: invisible characters, and those that reverse the direction of the
   text after them, so that `gpj.exe` reads `exe.jpg`;
5. it is too long for a file system, which is looked at before anything else.

Two names that look the same are one (`look_key`): `A.txt` and `a.txt` are one file on Windows and
macOS, and `é` can be written as one character or as two.

Source: Microsoft, "Naming Files, Paths, and Namespaces"; Unicode Standard Annex 15; CWE-22.
"""

import itertools
import unicodedata
from collections.abc import Container

from helpers.serving.names import is_hidden, look_key
from helpers.serving.schema import Refusal

LONGEST = 120  # characters
LONGEST_BYTES = 240  # in UTF-8; file systems take 255
FORBIDDEN = '/\\:*?"<>|'
NUMBERS = "0123456789¹²³"
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
DEVICES |= {f"{port}{number}" for port in ("com", "lpt") for number in NUMBERS}


def checked_file_name(name: str) -> str:
    """Return a file's name as others will see it, in Unicode's form NFC.

    Args:
        name: as the client has it.

    Raises:
        Refusal: bad_file_name, with the rule that the name breaks.
    """
    if not name:
        raise _refused("expected the name of a file, got an empty one")
    if len(name) > LONGEST or len(name.encode()) > LONGEST_BYTES:
        fact = f"expected a file name of at most {LONGEST} characters ({LONGEST_BYTES} bytes)"
        raise _refused(f"{fact}, got {len(name):,}")
    tidy = unicodedata.normalize("NFC", name)
    for character in tidy:
        if character in FORBIDDEN:
            raise _refused(f"a file name must not contain {character}")
        if is_hidden(character) or unicodedata.category(character) in ("Zl", "Zp"):
            raise _refused(f"a file name must not contain U+{ord(character):04X}")
    if tidy[0] in ". " or tidy[-1] in ". " or tidy != tidy.strip():
        raise _refused("a file name must not begin or end with a dot or a blank")
    stem = tidy.partition(".")[0].rstrip().casefold()
    if stem in DEVICES:
        raise _refused(f"{stem.upper()} is a device on Windows, not a file")
    if not look_key(tidy):
        raise _refused("a file name needs something to see")
    return tidy


def free_name(name: str, taken: Container[str]) -> str:
    """Return a name that looks like no other: `report.pdf`, or `report (2).pdf`.

    Args:
        name: a checked one.
        taken: the `look_key` of each name that is in use.
    """
    if look_key(name) not in taken:
        return name
    stem, dot, extension = name.rpartition(".") if "." in name else (name, "", "")
    for number in itertools.count(2):
        end = f" ({number}){dot}{extension}"
        if len(end) > LONGEST // 2:  # what follows the dot is no extension
            stem, end = name, f" ({number})"
        other = _shortened(stem, end) + end
        if look_key(other) not in taken:
            return other
    raise AssertionError("numbers never end")


def _shortened(stem: str, end: str) -> str:
    while len(stem + end) > LONGEST or len((stem + end).encode()) > LONGEST_BYTES:
        stem = stem[:-1]
    return stem.rstrip(". ")


def _refused(fact: str) -> Refusal:
    return Refusal("bad_file_name", fact)
