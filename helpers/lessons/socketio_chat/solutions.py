"""Solutions of the lesson socketio_chat."""

from collections.abc import Mapping, MutableMapping, MutableSet
from typing import Any

import socketio


async def pass_on(
    sio: socketio.AsyncServer, names: Mapping[str, str], sid: str, text: Any
) -> dict[str, Any]:
    """Pass on what sid says to all others, and acknowledge it."""
    if not isinstance(text, str) or not text.strip():
        return {"ok": False, "code": "bad_text"}
    await sio.emit("message", {"from": names[sid], "text": text}, skip_sid=sid)
    return {"ok": True}


async def come_in(
    sio: socketio.AsyncServer, names: MutableMapping[str, str], sid: str, environ: Any, auth: Any
) -> None:
    """Let somebody in under a name that is free, or refuse."""
    name = auth.get("name") if isinstance(auth, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise socketio.exceptions.ConnectionRefusedError("bad_name")
    name = name.strip()
    if name.casefold() in {known.casefold() for known in names.values()}:
        raise socketio.exceptions.ConnectionRefusedError("name_taken")
    names[sid] = name
    note = {"name": name, "online": sorted(names.values())}
    await sio.emit("joined", note, skip_sid=sid)


async def go_out(sio: socketio.AsyncServer, names: MutableMapping[str, str], sid: str) -> None:
    """Free the name of sid, and tell everybody who is left."""
    name = names.pop(sid, None)
    if name is not None:
        await sio.emit("left", {"name": name, "online": sorted(names.values())})


async def note_typing(
    sio: socketio.AsyncServer,
    names: Mapping[str, str],
    typists: MutableSet[str],
    sid: str,
    on: bool,
) -> None:
    """Tell the others that sid types, or no longer; once is enough."""
    if on == (sid in typists):
        return
    if on:
        typists.add(sid)
    else:
        typists.discard(sid)
    await sio.emit("typing", {"name": names[sid], "on": on}, skip_sid=sid)


async def tell_one(
    sio: socketio.AsyncServer, names: Mapping[str, str], sid: str, to: str, text: str
) -> dict[str, Any]:
    """Bring a private message to one person, and say if it came."""
    message = {"from": names[sid], "to": to, "text": text}
    for other, name in names.items():
        if name == to:
            try:
                await sio.call("message", message, to=other, timeout=1)
            except socketio.exceptions.TimeoutError:
                return {"ok": False, "code": "no_answer"}
            return {"ok": True}
    return {"ok": False, "code": "no_such_person"}
