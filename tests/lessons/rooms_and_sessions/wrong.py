"""Wrong answers to the exercises of the lesson rooms_and_sessions."""

from tests.lessons.wrong import wrong


@wrong("authorise_join", hint="it is not enough to ask")
async def join_everybody(sio, invited, sid, room):
    if not isinstance(room, str) or room not in invited:
        return {"ok": False, "code": "not_invited"}
    await sio.enter_room(sid, room)
    return {"ok": True}


@wrong("authorise_join", hint="first ask, then enter")
async def join_enters_first(sio, invited, sid, room):
    await sio.enter_room(sid, room)
    name = (await sio.get_session(sid))["name"]
    if name not in invited.get(room, ()):
        return {"ok": False, "code": "not_invited"}
    return {"ok": True}


@wrong("authorise_join", hint="which rooms there are")
async def join_tells_of_rooms(sio, invited, sid, room):
    name = (await sio.get_session(sid))["name"]
    if not isinstance(room, str) or room not in invited:
        return {"ok": False, "code": "no_such_room"}
    if name not in invited[room]:
        return {"ok": False, "code": "not_invited"}
    await sio.enter_room(sid, room)
    return {"ok": True}


@wrong("authorise_join", hint="does not raise")
async def join_key_error(sio, invited, sid, room):
    name = (await sio.get_session(sid))["name"]
    if name not in invited[room]:
        return {"ok": False, "code": "not_invited"}
    await sio.enter_room(sid, room)
    return {"ok": True}


@wrong("authorise_join", hint="`isinstance(room, str)` comes first")
async def join_takes_anything(sio, invited, sid, room):
    name = (await sio.get_session(sid))["name"]
    if name not in invited.get(room, ()):
        return {"ok": False, "code": "not_invited"}
    await sio.enter_room(sid, room)
    return {"ok": True}


@wrong("authorise_join", hint="It says ok, and Alice is not in the room")
async def join_only_says_so(sio, invited, sid, room):
    name = (await sio.get_session(sid))["name"]
    if not isinstance(room, str) or name not in invited.get(room, ()):
        return {"ok": False, "code": "not_invited"}
    return {"ok": True}


@wrong("authorise_join", hint="Nobody awaited `enter_room(…)`")
async def join_forgets_await(sio, invited, sid, room):
    name = (await sio.get_session(sid))["name"]
    if not isinstance(room, str) or name not in invited.get(room, ()):
        return {"ok": False, "code": "not_invited"}
    sio.enter_room(sid, room)
    return {"ok": True}


@wrong("authorise_join", hint="is a coroutine")
async def join_forgets_the_first_await(sio, invited, sid, room):
    name = sio.get_session(sid)["name"]
    if not isinstance(room, str) or name not in invited.get(room, ()):
        return {"ok": False, "code": "not_invited"}
    await sio.enter_room(sid, room)
    return {"ok": True}


@wrong("authorise_join", hint="The acknowledgement is a dict")
async def join_returns_bool(sio, invited, sid, room):
    name = (await sio.get_session(sid))["name"]
    if not isinstance(room, str) or name not in invited.get(room, ()):
        return False
    await sio.enter_room(sid, room)
    return True


@wrong("authorise_join", hint="It returned None")
async def join_returns_nothing(sio, invited, sid, room):
    name = (await sio.get_session(sid))["name"]
    if isinstance(room, str) and name in invited.get(room, ()):
        await sio.enter_room(sid, room)


@wrong("authorise_join", hint="Alice is invited: let her in")
async def join_asks_for_the_sid(sio, invited, sid, room):
    if not isinstance(room, str) or sid not in invited.get(room, ()):
        return {"ok": False, "code": "not_invited"}
    await sio.enter_room(sid, room)
    return {"ok": True}


@wrong("authorise_join", hint='The "code" is "not_invited"')
async def join_has_its_own_code(sio, invited, sid, room):
    name = (await sio.get_session(sid))["name"]
    if not isinstance(room, str) or name not in invited.get(room, ()):
        return {"ok": False, "code": "no"}
    await sio.enter_room(sid, room)
    return {"ok": True}


@wrong("authorise_join", hint="search in a text")
async def join_searches_text(sio, invited, sid, room):
    name = (await sio.get_session(sid))["name"]
    if not isinstance(room, str) or name not in str(invited.get(room, "")):
        return {"ok": False, "code": "not_invited"}
    await sio.enter_room(sid, room)
    return {"ok": True}


@wrong("members", hint="is one person: a set keeps a name once")
async def members_by_tab(sio, room):
    names = []
    for sid, _ in sio.manager.get_participants("/", room):
        names.append((await sio.get_session(sid))["name"])
    return sorted(names)


@wrong("members", hint="Those are ids of connections")
async def members_sids(sio, room):
    return sorted(sid for sid, _ in sio.manager.get_participants("/", room))


@wrong("members", hint="Those are ids of connections")
async def members_pairs(sio, room):
    return list(sio.manager.get_participants("/", room))


@wrong("members", hint="Dave is in another room")
async def members_of_all_rooms(sio, room):
    names = set()
    for sid, _ in sio.manager.get_participants("/", None):
        names.add((await sio.get_session(sid))["name"])
    return sorted(names)


@wrong("members", hint="asks for a list")
async def members_set(sio, room):
    names = set()
    for sid, _ in sio.manager.get_participants("/", room):
        names.add((await sio.get_session(sid))["name"])
    return names


@wrong("members", hint="Sort the names")
async def members_unsorted(sio, room):
    names = {}
    for sid, _ in sio.manager.get_participants("/", room):
        names[(await sio.get_session(sid))["name"]] = True
    return list(names)


@wrong("members", hint="is a coroutine")
async def members_forgets_await(sio, room):
    names = set()
    for sid, _ in sio.manager.get_participants("/", room):
        names.add(sio.get_session(sid)["name"])
    return sorted(names)


@wrong("members", hint="gives pairs")
async def members_takes_pairs_for_sids(sio, room):
    names = set()
    for sid in sio.manager.get_participants("/", room):
        names.add((await sio.get_session(sid))["name"])
    return sorted(names)


@wrong("members", hint="return the names")
async def members_prints(sio, room):
    for sid, _ in sio.manager.get_participants("/", room):
        print((await sio.get_session(sid))["name"])


@wrong("members", hint="keep no list")
async def members_remembers(sio, room):
    seen = globals().setdefault("_seen_members", {}).setdefault((id(sio), room), set())
    for sid, _ in sio.manager.get_participants("/", room):
        seen.add((await sio.get_session(sid))["name"])
    return sorted(seen)


@wrong("room_history", hint="she may not read what is said there")
async def history_for_everybody(sio, sid, room, before, histories):
    messages = histories.get(room, [])
    earlier = [m for m in messages if before is None or m["seq"] < before]
    return {"ok": True, "messages": earlier[-3:], "older": len(earlier) > 3}


@wrong("room_history", hint="the last three of the room")
async def history_from_the_start(sio, sid, room, before, histories):
    if room not in sio.rooms(sid):
        return {"ok": False, "code": "not_a_member"}
    messages = histories.get(room, [])
    earlier = [m for m in messages if before is None or m["seq"] < before]
    return {"ok": True, "messages": earlier[:3], "older": len(earlier) > 3}


@wrong("room_history", hint='Those whose "seq" is smaller')
async def history_counts_places(sio, sid, room, before, histories):
    if room not in sio.rooms(sid):
        return {"ok": False, "code": "not_a_member"}
    earlier = histories.get(room, [])[:before]
    return {"ok": True, "messages": earlier[-3:], "older": len(earlier) > 3}


@wrong("room_history", hint="only smaller ones")
async def history_with_before(sio, sid, room, before, histories):
    if room not in sio.rooms(sid):
        return {"ok": False, "code": "not_a_member"}
    messages = histories.get(room, [])
    earlier = [m for m in messages if before is None or m["seq"] <= before]
    return {"ok": True, "messages": earlier[-3:], "older": len(earlier) > 3}


@wrong("room_history", hint="`before` may be None")
async def history_needs_a_number(sio, sid, room, before, histories):
    if room not in sio.rooms(sid):
        return {"ok": False, "code": "not_a_member"}
    earlier = [m for m in histories.get(room, []) if m["seq"] < before]
    return {"ok": True, "messages": earlier[-3:], "older": len(earlier) > 3}


@wrong("room_history", hint="The oldest of them comes first")
async def history_newest_first(sio, sid, room, before, histories):
    if room not in sio.rooms(sid):
        return {"ok": False, "code": "not_a_member"}
    messages = histories.get(room, [])
    earlier = [m for m in messages if before is None or m["seq"] < before]
    return {"ok": True, "messages": earlier[-3:][::-1], "older": len(earlier) > 3}


@wrong("room_history", hint="none is older than the first of them")
async def history_always_older(sio, sid, room, before, histories):
    if room not in sio.rooms(sid):
        return {"ok": False, "code": "not_a_member"}
    messages = histories.get(room, [])
    earlier = [m for m in messages if before is None or m["seq"] < before]
    return {"ok": True, "messages": earlier[-3:], "older": len(earlier) > 0}


@wrong("room_history", hint="Not here: none is older")
async def history_older_at_three(sio, sid, room, before, histories):
    if room not in sio.rooms(sid):
        return {"ok": False, "code": "not_a_member"}
    messages = histories.get(room, [])
    earlier = [m for m in messages if before is None or m["seq"] < before]
    return {"ok": True, "messages": earlier[-3:], "older": len(earlier) >= 3}


@wrong("room_history", hint="Nobody has said a word there")
async def history_refuses_the_silent(sio, sid, room, before, histories):
    if room not in sio.rooms(sid) or room not in histories:
        return {"ok": False, "code": "not_a_member"}
    earlier = [m for m in histories[room] if before is None or m["seq"] < before]
    return {"ok": True, "messages": earlier[-3:], "older": len(earlier) > 3}


@wrong("room_history", hint="It returned None")
async def history_emits(sio, sid, room, before, histories):
    messages = histories.get(room, [])
    await sio.emit("history", messages[-3:], to=sid)


@wrong("kick", hint="Alice owns `tea`, and Carol does not")
async def kick_by_anybody(sio, sid, room, name, owners):
    if room not in owners:
        return {"ok": False, "code": "not_owner"}
    tabs = []
    for tab, _ in sio.manager.get_participants("/", room):
        if (await sio.get_session(tab))["name"] == name:
            tabs.append(tab)
    if not tabs:
        return {"ok": False, "code": "no_such_member"}
    for tab in tabs:
        await sio.emit("kicked", {"room": room}, to=tab)
        await sio.leave_room(tab, room)
    await sio.emit("left", {"room": room, "name": name}, room=room)
    return {"ok": True}


@wrong("kick", hint="He has two: let each of them leave")
async def kick_one_tab(sio, sid, room, name, owners):
    if owners.get(room) != (await sio.get_session(sid))["name"]:
        return {"ok": False, "code": "not_owner"}
    for tab, _ in sio.manager.get_participants("/", room):
        if (await sio.get_session(tab))["name"] == name:
            await sio.emit("kicked", {"room": room}, to=tab)
            await sio.leave_room(tab, room)
            await sio.emit("left", {"room": room, "name": name}, room=room)
            return {"ok": True}
    return {"ok": False, "code": "no_such_member"}


@wrong("kick", hint="tell the room once, after the loop")
async def kick_tells_for_each_tab(sio, sid, room, name, owners):
    if owners.get(room) != (await sio.get_session(sid))["name"]:
        return {"ok": False, "code": "not_owner"}
    tabs = []
    for tab, _ in sio.manager.get_participants("/", room):
        if (await sio.get_session(tab))["name"] == name:
            tabs.append(tab)
    if not tabs:
        return {"ok": False, "code": "no_such_member"}
    for tab in tabs:
        await sio.leave_room(tab, room)
    for tab in tabs:
        await sio.emit("kicked", {"room": room}, to=tab)
        await sio.emit("left", {"room": room, "name": name}, room=room)
    return {"ok": True}


@wrong("kick", hint="not of the server")
async def kick_disconnects(sio, sid, room, name, owners):
    if owners.get(room) != (await sio.get_session(sid))["name"]:
        return {"ok": False, "code": "not_owner"}
    tabs = []
    for tab, _ in sio.manager.get_participants("/", room):
        if (await sio.get_session(tab))["name"] == name:
            tabs.append(tab)
    if not tabs:
        return {"ok": False, "code": "no_such_member"}
    for tab in tabs:
        await sio.emit("kicked", {"room": room}, to=tab)
        await sio.disconnect(tab)
    await sio.emit("left", {"room": room, "name": name}, room=room)
    return {"ok": True}


@wrong("kick", hint="first he leaves, then tell the room")
async def kick_tells_first(sio, sid, room, name, owners):
    if owners.get(room) != (await sio.get_session(sid))["name"]:
        return {"ok": False, "code": "not_owner"}
    tabs = []
    for tab, _ in sio.manager.get_participants("/", room):
        if (await sio.get_session(tab))["name"] == name:
            tabs.append(tab)
    if not tabs:
        return {"ok": False, "code": "no_such_member"}
    await sio.emit("left", {"room": room, "name": name}, room=room)
    for tab in tabs:
        await sio.emit("kicked", {"room": room}, to=tab)
        await sio.leave_room(tab, room)
    return {"ok": True}


@wrong("kick", hint="nobody of that name is in `tea`")
async def kick_the_absent(sio, sid, room, name, owners):
    if owners.get(room) != (await sio.get_session(sid))["name"]:
        return {"ok": False, "code": "not_owner"}
    for tab, _ in sio.manager.get_participants("/", room):
        if (await sio.get_session(tab))["name"] == name:
            await sio.emit("kicked", {"room": room}, to=tab)
            await sio.leave_room(tab, room)
    await sio.emit("left", {"room": room, "name": name}, room=room)
    return {"ok": True}


@wrong("kick", hint="`kicked` is for Bob's tabs alone")
async def kick_tells_all(sio, sid, room, name, owners):
    if owners.get(room) != (await sio.get_session(sid))["name"]:
        return {"ok": False, "code": "not_owner"}
    tabs = []
    for tab, _ in sio.manager.get_participants("/", room):
        if (await sio.get_session(tab))["name"] == name:
            tabs.append(tab)
    if not tabs:
        return {"ok": False, "code": "no_such_member"}
    await sio.emit("kicked", {"room": room}, room=room)
    for tab in tabs:
        await sio.leave_room(tab, room)
    await sio.emit("left", {"room": room, "name": name}, room=room)
    return {"ok": True}


@wrong("kick", hint="is still in the room, and hears all")
async def kick_only_tells(sio, sid, room, name, owners):
    if owners.get(room) != (await sio.get_session(sid))["name"]:
        return {"ok": False, "code": "not_owner"}
    found = False
    for tab, _ in sio.manager.get_participants("/", room):
        if (await sio.get_session(tab))["name"] == name:
            await sio.emit("kicked", {"room": room}, to=tab)
            found = True
    if not found:
        return {"ok": False, "code": "no_such_member"}
    await sio.emit("left", {"room": room, "name": name}, room=room)
    return {"ok": True}


@wrong("kick", hint="emit `kicked` with `to=` its sid")
async def kick_silently(sio, sid, room, name, owners):
    if owners.get(room) != (await sio.get_session(sid))["name"]:
        return {"ok": False, "code": "not_owner"}
    found = False
    for tab, _ in sio.manager.get_participants("/", room):
        if (await sio.get_session(tab))["name"] == name:
            await sio.leave_room(tab, room)
            found = True
    if not found:
        return {"ok": False, "code": "no_such_member"}
    await sio.emit("left", {"room": room, "name": name}, room=room)
    return {"ok": True}


@wrong("kick", hint="only Bob is kicked")
async def kick_everybody(sio, sid, room, name, owners):
    if owners.get(room) != (await sio.get_session(sid))["name"]:
        return {"ok": False, "code": "not_owner"}
    tabs = [tab for tab, _ in sio.manager.get_participants("/", room)]
    if name not in [(await sio.get_session(tab))["name"] for tab in tabs]:
        return {"ok": False, "code": "no_such_member"}
    for tab in tabs:
        await sio.emit("kicked", {"room": room}, to=tab)
    await sio.close_room(room)
    return {"ok": True}
