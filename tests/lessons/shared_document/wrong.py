"""Typical wrong answers to the exercises of the lesson shared_document."""

from pycrdt import Doc, Text

from tests.lessons.wrong import wrong

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


@wrong("accept_edit", hint="The document comes first")
def the_answer_first(document, edit):
    if edit["version"] != document["version"]:
        return False, document
    return True, {"version": document["version"] + 1, "text": edit["text"]}


@wrong("accept_edit", hint="Nothing is raised here")
def raises_instead(document, edit):
    if edit["version"] != document["version"]:
        raise ValueError("stale")
    return {"version": document["version"] + 1, "text": edit["text"]}, True


@wrong("accept_edit", hint="a dict, always")
def refuses_without_a_document(document, edit):
    if edit["version"] != document["version"]:
        return None, False
    return {"version": document["version"] + 1, "text": edit["text"]}, True


@wrong("accept_edit", hint="in place of the old one")
def joins_the_texts(document, edit):
    if edit["version"] != document["version"]:
        return document, False
    return {"version": document["version"] + 1, "text": document["text"] + edit["text"]}, True


@wrong("accept_edit", hint="older than 3")
def takes_a_stale_edit_that_changes_nothing(document, edit):
    if edit["version"] != document["version"] and edit["text"] != document["text"]:
        return document, False
    return {"version": document["version"] + 1, "text": edit["text"]}, True


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


@wrong("apply_edit", hint="`raise` it instead")
def returns_the_error(text, edit):
    if not 0 <= edit["at"] <= len(text):
        return ValueError("outside")
    return text[: edit["at"]] + edit["insert"] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="not with `ValueError`")
def asserts(text, edit):
    assert 0 <= edit["at"] <= len(text)
    return text[: edit["at"]] + edit["insert"] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="A delete of -1")
def forgets_that_a_delete_can_be_negative(text, edit):
    if edit["at"] < 0 or edit["at"] + edit["delete"] > len(text):
        raise ValueError("outside")
    return text[: edit["at"]] + edit["insert"] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="One letter too many")
def deletes_one_more(text, edit):
    return text[: edit["at"]] + edit["insert"] + text[edit["at"] + edit["delete"] + 1 :]


@wrong("apply_edit", hint="stands there twice")
def counts_from_one(text, edit):
    return text[: edit["at"] + 1] + edit["insert"] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="delete first")
def inserts_then_deletes(text, edit):
    at = edit["at"]
    text = text[:at] + edit["insert"] + text[at:]
    return text[:at] + text[at + edit["delete"] :]


@wrong("apply_edit", hint="before place `at` is missing")
def drops_the_beginning(text, edit):
    return edit["insert"] + text[edit["at"] + edit["delete"] :]


@wrong("apply_edit", hint="A string cannot be changed")
def assigns_to_a_slice(text, edit):
    text[edit["at"] : edit["at"] + edit["delete"]] = edit["insert"]
    return text


# --- transform ----------------------------------------------------------------------------


@wrong("transform", hint="Alice stays in front: Bob's edit moves")
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


@wrong("transform", hint="Alice stays in front: Bob's edit moves")
def prefers_the_last_author(edit, other):
    behind = edit["at"] > other["at"]
    tie = edit["at"] == other["at"] and edit["author"] < other["author"]
    return {**edit, "at": edit["at"] + len(other["insert"]) * (behind or tie)}


@wrong("transform", hint="its place is further right")
def never_moves(edit, other):
    return edit


@wrong("transform", hint="what comes behind moves nothing")
def compares_the_wrong_way_round(edit, other):
    if edit["at"] < other["at"]:
        return {**edit, "at": edit["at"] + len(other["insert"])}
    return edit


@wrong("transform", hint="That is the end of `other`")
def moves_to_the_end_of_the_other(edit, other):
    if (edit["at"], edit["author"]) > (other["at"], other["author"]):
        return {**edit, "at": other["at"] + len(other["insert"])}
    return edit


@wrong("transform", hint="That is `other`")
def returns_the_other(edit, other):
    return other


@wrong("transform", hint="that stays where it is is returned")
def returns_only_what_moves(edit, other):
    if (edit["at"], edit["author"]) > (other["at"], other["author"]):
        return {**edit, "at": edit["at"] + len(other["insert"])}


@wrong("transform", hint="Same place")
def knows_bob_by_name(edit, other):
    tie = edit["at"] == other["at"] and edit["author"] == "Bob"
    shift = len(other["insert"]) if other["at"] < edit["at"] or tie else 0
    return {**edit, "at": edit["at"] + shift}


@wrong("transform", hint="only `at` may change")
def joins_what_is_inserted(edit, other):
    behind = (edit["at"], edit["author"]) > (other["at"], other["author"])
    at = edit["at"] + len(other["insert"]) * behind
    return {**edit, "at": at, "insert": other["insert"] + edit["insert"]}


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


@wrong("what_is_missing", hint="That update is empty")
def applies_the_last_alone(updates, state):
    doc = Doc()
    doc.apply_update(updates[-1])
    return doc.get_update(state)


@wrong("what_is_missing", hint="That update is empty")
def applies_nothing(updates, state):
    return Doc().get_update(state)


@wrong("what_is_missing", hint="not what they say")
def returns_the_text(updates, state):
    doc = Doc()
    for update in updates:
        doc.apply_update(update)
    return str(doc.get("text", type=Text))


@wrong("what_is_missing", hint="That update is empty")
def asks_with_its_own_state(updates, state):
    doc = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc.get_update(doc.get_state())


@wrong("what_is_missing", hint="One update is asked for")
def returns_all_updates(updates, state):
    return updates


@wrong("what_is_missing", hint="is a `return` missing")
def returns_nothing(updates, state):
    doc = Doc()
    for update in updates:
        doc.apply_update(update)
    doc.get_update(state)


@wrong("what_is_missing", hint="still misses something")
def returns_too_early(updates, state):
    doc = Doc()
    for update in updates:
        doc.apply_update(update)
        return doc.get_update(state)


@wrong("what_is_missing", hint="That is a message")
def returns_the_message(updates, state):
    doc = Doc()
    for update in updates:
        doc.apply_update(update)
    update = doc.get_update(state)
    return b"\0\1" + bytes([len(update)]) + update
