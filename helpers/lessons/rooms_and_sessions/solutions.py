"""Solutions of the lesson rooms_and_sessions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from socketio import AsyncServer


async def authorise_join(
    sio: AsyncServer, invited: Mapping[str, Collection[str]], sid: str, room: object
) -> dict[str, Any]:
    """Let a connection enter a room that its person is invited to."""
    name = (await sio.get_session(sid))["name"]
    if not isinstance(room, str) or name not in invited.get(room, ()):
        return {"ok": False, "code": "not_invited"}
    await sio.enter_room(sid, room)
    return {"ok": True}


async def members(sio: AsyncServer, room: str) -> list[str]:
    """List the names of those who are in a room, each once."""
    names = set()
    for sid, _ in sio.manager.get_participants("/", room):
        names.add((await sio.get_session(sid))["name"])
    return sorted(names)


async def room_history(
    sio: AsyncServer,
    sid: str,
    room: str,
    before: int | None,
    histories: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, Any]:
    """Return the last three messages of a room before a number, for who is in it."""
    if room not in sio.rooms(sid):
        return {"ok": False, "code": "not_a_member"}
    messages = histories.get(room, [])
    earlier = [m for m in messages if before is None or m["seq"] < before]
    return {"ok": True, "messages": earlier[-3:], "older": len(earlier) > 3}


async def kick(
    sio: AsyncServer, sid: str, room: str, name: str, owners: Mapping[str, str]
) -> dict[str, Any]:
    """Let the owner of a room put a person out of it, with all tabs."""
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
        await sio.leave_room(tab, room)
    await sio.emit("left", {"room": room, "name": name}, room=room)
    return {"ok": True}
