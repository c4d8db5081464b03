"""Typical wrong answers of the lesson socketio_chat."""

import asyncio
import json

import socketio

from tests.lessons.wrong import wrong


@wrong("pass_on", hint="Alice wrote it and has it already")
async def echoes(sio, names, sid, text):
    if not isinstance(text, str) or not text.strip():
        return {"ok": False, "code": "bad_text"}
    await sio.emit("message", {"from": names[sid], "text": text})
    return {"ok": True}


@wrong("pass_on", hint="Nobody awaited `emit(…)`")
async def forgets_await(sio, names, sid, text):
    if not isinstance(text, str) or not text.strip():
        return {"ok": False, "code": "bad_text"}
    sio.emit("message", {"from": names[sid], "text": text}, skip_sid=sid)
    return {"ok": True}


@wrong("pass_on", hint="With `to`, one client hears it")
async def answers_the_sender(sio, names, sid, text):
    await sio.emit("message", {"from": names[sid], "text": text}, to=sid)
    return {"ok": True}


@wrong("pass_on", hint="and it returned nothing")
async def acknowledges_nothing(sio, names, sid, text):
    if isinstance(text, str) and text.strip():
        await sio.emit("message", {"from": names[sid], "text": text}, skip_sid=sid)


@wrong("pass_on", hint="send nothing, say `bad_text`")
async def passes_anything_on(sio, names, sid, text):
    await sio.emit("message", {"from": names[sid], "text": text}, skip_sid=sid)
    return {"ok": True}


@wrong("pass_on", hint="a stranger may send anything")
async def strips_a_number(sio, names, sid, text):
    if not text.strip():
        return {"ok": False, "code": "bad_text"}
    await sio.emit("message", {"from": names[sid], "text": text}, skip_sid=sid)
    return {"ok": True}


@wrong("pass_on", hint="send nothing, say `bad_text`")
async def takes_spaces(sio, names, sid, text):
    if not isinstance(text, str) or not text:
        return {"ok": False, "code": "bad_text"}
    await sio.emit("message", {"from": names[sid], "text": text}, skip_sid=sid)
    return {"ok": True}


@wrong("pass_on", hint='"from" should be "Alice"')
async def sends_the_sid(sio, names, sid, text):
    await sio.emit("message", {"from": sid, "text": text}, skip_sid=sid)
    return {"ok": True}


@wrong("pass_on", hint="the library makes JSON of it")
async def dumps(sio, names, sid, text):
    await sio.emit("message", json.dumps({"from": names[sid], "text": text}), skip_sid=sid)
    return {"ok": True}


@wrong("pass_on", hint="The event is called 'message'")
async def another_event(sio, names, sid, text):
    await sio.emit("say", {"from": names[sid], "text": text}, skip_sid=sid)
    return {"ok": True}


@wrong("pass_on", hint="`skip_sid` takes a sid")
async def skips_the_name(sio, names, sid, text):
    await sio.emit("message", {"from": names[sid], "text": text}, skip_sid=names[sid])
    return {"ok": True}


@wrong("pass_on", hint="The parameter is called `skip_sid`")
async def skips_by_another_word(sio, names, sid, text):
    await sio.emit("message", {"from": names[sid], "text": text}, skip=sid)
    return {"ok": True}


@wrong("pass_on", hint="Return the dict")
async def acknowledges_a_text(sio, names, sid, text):
    await sio.emit("message", {"from": names[sid], "text": text}, skip_sid=sid)
    return json.dumps({"ok": True})


@wrong("pass_on", hint="Once is enough")
async def says_it_to_each(sio, names, sid, text):
    for _ in names:
        await sio.emit("message", {"from": names[sid], "text": text}, skip_sid=sid)
    return {"ok": True}


@wrong("pass_on", hint="`ok` says that it was")
async def always_ok(sio, names, sid, text):
    if isinstance(text, str) and text.strip():
        await sio.emit("message", {"from": names[sid], "text": text}, skip_sid=sid)
    return {"ok": True}


def free_name(names, auth):
    name = auth.get("name") if isinstance(auth, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise socketio.exceptions.ConnectionRefusedError("bad_name")
    if name.strip().casefold() in [known.casefold() for known in names.values()]:
        raise socketio.exceptions.ConnectionRefusedError("name_taken")
    return name.strip()


@wrong("come_in", hint="Alice is here already.")
async def takes_anybody(sio, names, sid, environ, auth):
    names[sid] = auth["name"].strip()
    note = {"name": names[sid], "online": sorted(names.values())}
    await sio.emit("joined", note, skip_sid=sid)


@wrong("come_in", hint="Enter the name into `names` before any `await`")
async def enters_late(sio, names, sid, environ, auth):
    name = free_name(names, auth)
    note = {"name": name, "online": sorted([*names.values(), name])}
    await sio.emit("joined", note, skip_sid=sid)
    names[sid] = name


@wrong("come_in", hint="Alice knows that she came")
async def tells_the_newcomer(sio, names, sid, environ, auth):
    names[sid] = free_name(names, auth)
    await sio.emit("joined", {"name": names[sid], "online": sorted(names.values())}, to=sid)
    await sio.emit("joined", {"name": names[sid], "online": sorted(names.values())})


@wrong("come_in", hint="but tells nobody why")
async def returns_false(sio, names, sid, environ, auth):
    try:
        names[sid] = free_name(names, auth)
    except socketio.exceptions.ConnectionRefusedError:
        return False
    note = {"name": names[sid], "online": sorted(names.values())}
    await sio.emit("joined", note, skip_sid=sid)


@wrong("come_in", hint="Python has a `ConnectionRefusedError` of its own")
async def raises_pythons(sio, names, sid, environ, auth):
    try:
        names[sid] = free_name(names, auth)
    except socketio.exceptions.ConnectionRefusedError as error:
        raise ConnectionRefusedError(str(error)) from error
    note = {"name": names[sid], "online": sorted(names.values())}
    await sio.emit("joined", note, skip_sid=sid)


@wrong("come_in", hint="She is here in other letters")
async def minds_no_case(sio, names, sid, environ, auth):
    name = auth["name"].strip()
    if name in names.values():
        raise socketio.exceptions.ConnectionRefusedError("name_taken")
    names[sid] = name
    await sio.emit("joined", {"name": name, "online": sorted(names.values())}, skip_sid=sid)


@wrong("come_in", hint="`auth` may be `None`")
async def trusts_auth(sio, names, sid, environ, auth):
    name = auth["name"].strip()
    if name.casefold() in [known.casefold() for known in names.values()]:
        raise socketio.exceptions.ConnectionRefusedError("name_taken")
    names[sid] = name
    await sio.emit("joined", {"name": name, "online": sorted(names.values())}, skip_sid=sid)


@wrong("come_in", hint="`auth` may be anything, here it is a text")
async def trusts_that_it_is_a_dict(sio, names, sid, environ, auth):
    name = (auth or {}).get("name")
    names[sid] = free_name(names, {"name": name})
    note = {"name": names[sid], "online": sorted(names.values())}
    await sio.emit("joined", note, skip_sid=sid)


@wrong("come_in", hint="`names` leads from the sid to the name")
async def enters_the_other_way_round(sio, names, sid, environ, auth):
    name = auth["name"].strip()
    names[name] = sid
    await sio.emit("joined", {"name": name, "online": sorted(names)}, skip_sid=sid)


@wrong("come_in", hint="look first, then enter")
async def enters_who_is_refused(sio, names, sid, environ, auth):
    others = dict(names)
    if isinstance(auth, dict) and isinstance(auth.get("name"), str) and auth["name"].strip():
        names[sid] = auth["name"].strip()
    name = free_name(others, auth)
    await sio.emit("joined", {"name": name, "online": sorted(names.values())}, skip_sid=sid)


@wrong("come_in", hint='"online" should be ["Alice", "Bob"]')
async def lists_before_it_enters(sio, names, sid, environ, auth):
    online = sorted(names.values())
    names[sid] = free_name(names, auth)
    await sio.emit("joined", {"name": names[sid], "online": online}, skip_sid=sid)


@wrong("come_in", hint="JSON knows lists")
async def sends_the_values(sio, names, sid, environ, auth):
    names[sid] = free_name(names, auth)
    await sio.emit("joined", {"name": names[sid], "online": names.values()}, skip_sid=sid)


@wrong("come_in", hint="Bob heard nothing")
async def tells_the_oldest_alone(sio, names, sid, environ, auth):
    names[sid] = free_name(names, auth)
    note = {"name": names[sid], "online": sorted(names.values())}
    await sio.emit("joined", note, to=next(iter(names)), skip_sid=sid)


@wrong("go_out", hint="the name is still taken")
async def keeps_the_name(sio, names, sid):
    if sid in names:
        online = sorted(name for other, name in names.items() if other != sid)
        await sio.emit("left", {"name": names[sid], "online": online})


@wrong("go_out", hint="take the name out first")
async def tells_first(sio, names, sid):
    if sid in names:
        await sio.emit("left", {"name": names[sid], "online": sorted(names.values())})
        del names[sid]


@wrong("go_out", hint="A watcher has no name")
async def forgets_the_watcher(sio, names, sid):
    name = names.pop(sid)
    await sio.emit("left", {"name": name, "online": sorted(names.values())})


@wrong("go_out", hint="A watcher has no name")
async def tells_of_the_watcher(sio, names, sid):
    name = names.pop(sid, None)
    await sio.emit("left", {"name": name, "online": sorted(names.values())})


@wrong("go_out", hint="with `to`, one client hears it")
async def tells_who_has_left(sio, names, sid):
    name = names.pop(sid, None)
    first = next(iter(names))
    await sio.emit("left", {"name": name, "online": sorted(names.values())}, to=first)


@wrong("go_out", hint="Nobody awaited `emit(…)`")
async def go_out_forgets_await(sio, names, sid):
    name = names.pop(sid, None)
    sio.emit("left", {"name": name, "online": sorted(names.values())})


@wrong("go_out", hint='"name" should be "Bob"')
async def tells_the_sid(sio, names, sid):
    if names.pop(sid, None):
        await sio.emit("left", {"name": sid, "online": sorted(names.values())})


@wrong("go_out", hint="heard nothing: `await sio.emit('left', …)`")
async def tells_nobody(sio, names, sid):
    names.pop(sid, None)


@wrong("note_typing", hint="They know that Alice types")
async def tells_every_key(sio, names, typists, sid, on):
    await sio.emit("typing", {"name": names[sid], "on": on}, skip_sid=sid)


@wrong("note_typing", hint="Alice types, and knows it")
async def tells_the_typist(sio, names, typists, sid, on):
    await sio.emit("typing", {"name": names[sid], "on": on})


@wrong("note_typing", hint="did she leave `typists`?")
async def never_takes_out(sio, names, typists, sid, on):
    if on and sid not in typists:
        typists.add(sid)
        await sio.emit("typing", {"name": names[sid], "on": True}, skip_sid=sid)
    if not on and sid in typists and (sid, "off") not in typists:
        typists.add((sid, "off"))
        await sio.emit("typing", {"name": names[sid], "on": False}, skip_sid=sid)


@wrong("note_typing", hint="each sid by itself")
async def thinks_of_one_typist(sio, names, typists, sid, on):
    if on == bool(typists):
        return
    typists.add(sid) if on else typists.clear()
    await sio.emit("typing", {"name": names[sid], "on": on}, skip_sid=sid)


@wrong("note_typing", hint="`typists` is a set")
async def appends(sio, names, typists, sid, on):
    typists.append(sid)
    await sio.emit("typing", {"name": names[sid], "on": on}, skip_sid=sid)


@wrong("note_typing", hint="Carol has not typed at all")
async def removes_who_is_not_there(sio, names, typists, sid, on):
    if on and sid in typists:
        return
    if not on and typists and sid not in typists and names[sid] != "Carol":
        return
    typists.add(sid) if on else typists.discard(sid)
    await sio.emit("typing", {"name": names[sid], "on": on}, skip_sid=sid)


@wrong("note_typing", hint="Alice types no longer")
async def never_ends(sio, names, typists, sid, on):
    if on and sid not in typists:
        typists.add(sid)
        await sio.emit("typing", {"name": names[sid], "on": True}, skip_sid=sid)


@wrong("note_typing", hint='"on" should be false')
async def always_on(sio, names, typists, sid, on):
    if on == (sid in typists):
        return
    typists.add(sid) if on else typists.discard(sid)
    await sio.emit("typing", {"name": names[sid], "on": True}, skip_sid=sid)


def sid_of(names, wanted):
    return next((sid for sid, name in names.items() if name == wanted), None)


@wrong("tell_one", hint="Alice is the sender")
async def tells_the_sender(sio, names, sid, to, text):
    message = {"from": names[sid], "to": to, "text": text}
    await sio.call("message", message, to=sid, timeout=1)
    return {"ok": True}


@wrong("tell_one", hint="`to` takes a sid")
async def calls_the_name(sio, names, sid, to, text):
    message = {"from": names[sid], "to": to, "text": text}
    try:
        await sio.call("message", message, to=to, timeout=1)
    except socketio.exceptions.TimeoutError:
        return {"ok": False, "code": "no_answer"}
    return {"ok": True}


@wrong("tell_one", hint="It was private, and Carol heard it")
async def tells_all(sio, names, sid, to, text):
    await sio.emit("message", {"from": names[sid], "to": to, "text": text}, skip_sid=sid)
    return {"ok": True}


@wrong("tell_one", hint="`emit` does not wait for that")
async def does_not_wait(sio, names, sid, to, text):
    other = sid_of(names, to)
    if other is None:
        return {"ok": False, "code": "no_such_person"}
    await sio.emit("message", {"from": names[sid], "to": to, "text": text}, to=other)
    return {"ok": True}


@wrong("tell_one", hint="Socket.IO has a TimeoutError of its own")
async def catches_pythons(sio, names, sid, to, text):
    other = sid_of(names, to)
    if other is None:
        return {"ok": False, "code": "no_such_person"}
    message = {"from": names[sid], "to": to, "text": text}
    try:
        await sio.call("message", message, to=other, timeout=1)
    except TimeoutError:
        return {"ok": False, "code": "no_answer"}
    return {"ok": True}


@wrong("tell_one", hint="longer than a second for Carol")
async def waits_for_a_minute(sio, names, sid, to, text):
    other = sid_of(names, to)
    if other is None:
        return {"ok": False, "code": "no_such_person"}
    message = {"from": names[sid], "to": to, "text": text}
    await sio.call("message", message, to=other)
    return {"ok": True}


@wrong("tell_one", hint="it has to know which")
async def calls_nobody(sio, names, sid, to, text):
    other = sid_of(names, to)
    message = {"from": names[sid], "to": to, "text": text}
    try:
        await sio.call("message", message, to=other, timeout=1)
    except socketio.exceptions.TimeoutError:
        return {"ok": False, "code": "no_answer"}
    return {"ok": True}


@wrong("tell_one", hint="you need the other way")
async def reads_it_the_wrong_way(sio, names, sid, to, text):
    message = {"from": names[sid], "to": to, "text": text}
    await sio.call("message", message, to=names[to], timeout=1)
    return {"ok": True}


@wrong("tell_one", hint="Nobody awaited `call(…)`")
async def tell_one_forgets_await(sio, names, sid, to, text):
    message = {"from": names[sid], "to": to, "text": text}
    sio.call("message", message, to=sid_of(names, to), timeout=1)
    return {"ok": True}


@wrong("tell_one", hint='"code" should be "no_such_person"')
async def says_no_answer(sio, names, sid, to, text):
    other = sid_of(names, to)
    if other is None:
        return {"ok": False, "code": "no_answer"}
    message = {"from": names[sid], "to": to, "text": text}
    try:
        await sio.call("message", message, to=other, timeout=1)
    except socketio.exceptions.TimeoutError:
        return {"ok": False, "code": "no_answer"}
    return {"ok": True}


@wrong("tell_one", hint='The message has no "to"')
async def tells_not_to_whom(sio, names, sid, to, text):
    message = {"from": names[sid], "text": text}
    await sio.call("message", message, to=sid_of(names, to), timeout=1)
    return {"ok": True}


@wrong("tell_one", hint="and it returned nothing")
async def returns_nothing(sio, names, sid, to, text):
    message = {"from": names[sid], "to": to, "text": text}
    other = sid_of(names, to)
    await asyncio.wait_for(sio.call("message", message, to=other, timeout=1), 2)
