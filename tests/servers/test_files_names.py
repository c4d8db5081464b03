"""Names of files: whatever somebody types, it stays in its folder and looks like no other."""

import os
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpers.servers.files.safe_names import (
    DEVICES,
    LONGEST,
    LONGEST_BYTES,
    checked_file_name,
    free_name,
)
from helpers.serving.names import look_key
from helpers.serving.schema import Refusal

ODD = st.text(st.sampled_from('ab./\\:*?"<>|~ \0\n\u202e\u200be\u0301éCONcon1¹'), max_size=12)


@given(st.text(max_size=130) | ODD)
@example("a/b")
@example("..")
@example("con .txt")
@example("ﬁle")
def test_a_name_that_passes_stays_in_its_folder_on_every_system(name: str) -> None:
    try:
        tidy = checked_file_name(name)
    except Refusal as error:
        said = error.message()
    else:
        said = {}
    if said:
        assert said["code"] == "bad_file_name"
        assert len(said["text"]) < 200
        return
    assert 1 <= len(tidy) <= LONGEST
    assert len(tidy.encode()) <= LONGEST_BYTES
    assert checked_file_name(tidy) == tidy == unicodedata.normalize("NFC", tidy)
    for folder in (PurePosixPath("/srv/files"), PureWindowsPath("C:/files")):
        assert (folder / tidy).parent == folder
        assert (folder / tidy).name == tidy
    assert Path(os.path.normpath(Path("/srv/files") / tidy)).parent == Path("/srv/files")
    assert tidy.partition(".")[0].strip().casefold() not in DEVICES
    assert tidy.isprintable() or "\u200d" in tidy or "\u200c" in tidy or "\ufe0f" in tidy


@given(st.lists(st.text(st.sampled_from("aAb.🌍 ("), min_size=1, max_size=130), max_size=12))
@example(["a.txt"] * 3 + ["A.TXT", "a (2).txt"])
@example(["x" * 120] * 3)
@example(["🌍" * 60] * 3)
@example(["." + "y" * 110] * 2)
def test_no_two_names_that_are_given_look_the_same(names: list[str]) -> None:
    taken: set[str] = set()
    for name in names:
        try:
            name = checked_file_name(name)
        except Refusal:
            continue
        given_name = free_name(name, taken)
        assert checked_file_name(given_name) == given_name
        assert look_key(given_name) not in taken
        taken.add(look_key(given_name))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("report.pdf", "report (2).pdf"),
        ("Makefile", "Makefile (2)"),
        ("a.tar.gz", "a.tar (2).gz"),
        ("x" * 120, "x" * 116 + " (2)"),
    ],
)
def test_a_name_that_is_taken_gets_a_number(name: str, other: str) -> None:
    assert free_name(name, {look_key(name)}) == other


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "an empty one"),
        ("..", "must not begin or end with a dot"),
        ("../a", "must not contain /"),
        ("a\\b", "must not contain \\"),
        ("C:a", "must not contain :"),
        ("a\n", r"must not contain U\+000A"),
        ("a\u202eb", r"must not contain U\+202E"),
        ("nul.txt", "NUL is a device on Windows"),
        ("x" * 121, "at most 120 characters"),
        ("🌍" * 61, "at most 120 characters"),
        (".bashrc", "must not begin or end with a dot"),
    ],
)
def test_what_is_refused_says_why(name: str, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        checked_file_name(name)
    assert words.replace(r"\+", "+") in str(caught.value)
