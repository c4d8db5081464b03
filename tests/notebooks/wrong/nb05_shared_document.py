"""Typical wrong answers to the exercises of notebooks/05_shared_document.ipynb."""

from pycrdt import Doc, Text

from tests.notebooks.wrong import wrong

# --- accept_edit --------------------------------------------------------------------------


@wrong("accept_edit", hint="older than 3")
def takes_everything(document, edit):
    return {"version": document["version"] + 1, "text": edit["text"]}, True


@wrong("accept_edit", hint="nobody can have seen version 4")
def takes_the_future(document, edit):
    if edit["version"] < document["version"]:
        return document, False
    return {"version": document["version"] + 1, "text": edit["text"]}, True


@wrong("accept_edit", hint="older than 3")
def compares_the_wrong_way(document, edit):
    if edit["version"] > document["version"]:
        return document, False
    return {"version": document["version"] + 1, "text": edit["text"]}, True


@wrong("accept_edit", hint="The version stays the same")
def forgets_the_version(document, edit):
    if edit["version"] != document["version"]:
        return document, False
    return {"version": document["version"], "text": edit["text"]}, True


@wrong("accept_edit", hint="The version stays the same")
def returns_the_edit(document, edit):
    if edit["version"] != document["version"]:
        return document, False
    return edit, True


@wrong("accept_edit", hint="with a comma")
def only_the_document(document, edit):
    if edit["version"] == document["version"]:
        document = {"version": document["version"] + 1, "text": edit["text"]}
    return document


@wrong("accept_edit", hint="A refused edit changes nothing")
def refuses_with_the_new_text(document, edit):
    accepted = edit["version"] == document["version"]
    version = document["version"] + accepted
    return {"version": version, "text": edit["text"]}, accepted


@wrong("accept_edit", hint="Version 0 is a version")
def takes_zero_for_none(document, edit):
    if edit["version"] and edit["version"] == document["version"]:
        return {"version": document["version"] + 1, "text": edit["text"]}, True
    return document, False


@wrong("accept_edit", hint="brings the new text")
def keeps_the_old_text(document, edit):
    if edit["version"] != document["version"]:
        return document, False
    return {"version": document["version"] + 1, "text": document["text"]}, True


@wrong("accept_edit", hint="`True` or `False`")
def says_yes_and_no(document, edit):
    if edit["version"] != document["version"]:
        return document, "no"
    return {"version": document["version"] + 1, "text": edit["text"]}, "yes"


# --- apply_edit ---------------------------------------------------------------------------


@wrong("apply_edit", hint="still there")
def never_deletes(text, edit):
    return text[: edit["at"]] + edit["insert"] + text[edit["at"] :]


@wrong("apply_edit", hint="what is inserted is missing")
def never_inserts(text, edit):
    return text[: edit["at"]] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="not at the end")
def appends(text, edit):
    return text[: edit["at"]] + text[edit["at"] + edit["delete"] :] + edit["insert"]


@wrong("apply_edit", hint="begins at `at + delete`")
def takes_the_count_for_a_place(text, edit):
    return text[: edit["at"]] + edit["insert"] + text[max(edit["at"], edit["delete"]) :]


@wrong("apply_edit", hint="A slice does not mind")
def trusts_the_edit(text, edit):
    return text[: edit["at"]] + edit["insert"] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="letters after the end")
def checks_the_place_alone(text, edit):
    if not 0 <= edit["at"] <= len(text):
        raise ValueError("outside")
    return text[: edit["at"]] + edit["insert"] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="no place is negative")
def checks_the_end_alone(text, edit):
    if edit["at"] + edit["delete"] > len(text):
        raise ValueError("outside")
    return text[: edit["at"]] + edit["insert"] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="ValueError")
def refuses_the_end(text, edit):
    if not 0 <= edit["at"] < len(text):
        raise ValueError("outside")
    return text[: edit["at"]] + edit["insert"] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="is a `return` missing")
def changes_in_place(text, edit):
    text = text[: edit["at"]] + edit["insert"] + text[edit["at"] + edit["delete"] :]


# --- transform ----------------------------------------------------------------------------


@wrong("transform", hint="Bob's edit moves behind hers")
def ties_never_move(edit, other):
    shift = len(other["insert"]) if other["at"] < edit["at"] else 0
    return {**edit, "at": edit["at"] + shift}


@wrong("transform", hint="both sides would move")
def ties_always_move(edit, other):
    shift = len(other["insert"]) if other["at"] <= edit["at"] else 0
    return {**edit, "at": edit["at"] + shift}


@wrong("transform", hint="not always by 1")
def moves_by_one(edit, other):
    behind = (edit["at"], edit["author"]) > (other["at"], other["author"])
    return {**edit, "at": edit["at"] + behind}


@wrong("transform", hint="do not subtract")
def moves_to_the_left(edit, other):
    behind = (edit["at"], edit["author"]) > (other["at"], other["author"])
    return {**edit, "at": edit["at"] - len(other["insert"]) * behind}


@wrong("transform", hint="not by its own")
def moves_by_its_own_length(edit, other):
    behind = (edit["at"], edit["author"]) > (other["at"], other["author"])
    return {**edit, "at": edit["at"] + len(edit["insert"]) * behind}


@wrong("transform", hint="what comes behind moves nothing")
def moves_always(edit, other):
    if edit["at"] == other["at"] and edit["author"] < other["author"]:
        return edit
    return {**edit, "at": edit["at"] + len(other["insert"])}


@wrong("transform", hint="not its place alone")
def returns_the_place(edit, other):
    behind = (edit["at"], edit["author"]) > (other["at"], other["author"])
    return edit["at"] + len(other["insert"]) * behind


@wrong("transform", hint="The other fields stay")
def drops_fields(edit, other):
    behind = (edit["at"], edit["author"]) > (other["at"], other["author"])
    return {"at": edit["at"] + len(other["insert"]) * behind}


@wrong("transform", hint="Bob's edit moves behind hers")
def prefers_the_last_author(edit, other):
    behind = edit["at"] > other["at"]
    tie = edit["at"] == other["at"] and edit["author"] < other["author"]
    return {**edit, "at": edit["at"] + len(other["insert"]) * (behind or tie)}


# --- what_is_missing ----------------------------------------------------------------------


@wrong("what_is_missing", hint="That is everything")
def sends_everything(updates, state):
    doc = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc.get_update()


@wrong("what_is_missing", hint="Is it a state?")
def sends_a_state(updates, state):
    doc = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc.get_state()


@wrong("what_is_missing", hint="still misses something")
def applies_the_last_alone(updates, state):
    doc = Doc()
    doc.apply_update(updates[-1])
    return doc.get_update(state)


@wrong("what_is_missing", hint="still misses something")
def applies_nothing(updates, state):
    return Doc().get_update(state)


@wrong("what_is_missing", hint="not what they say")
def returns_the_text(updates, state):
    doc = Doc()
    for update in updates:
        doc.apply_update(update)
    return str(doc.get("text", type=Text))
