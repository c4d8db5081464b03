"""A server with rooms: a real Socket.IO server, with people who have several tabs open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from helpers.exercises.engine.attempt import Attempt
from helpers.exercises.stage.socketio import Stage, serve_handlers


@asynccontextmanager
async def serve_rooms(attempt: Attempt, **rooms: Sequence[str]) -> AsyncIterator[Stage]:
    """Serve rooms with people in them.

    Args:
        attempt: the learner's function.
        **rooms: the tabs in each, by name; `Bob` and `Bob 2` are two tabs of Bob.
    """
    async with serve_handlers(attempt) as stage:
        for tab in dict.fromkeys(tab for tabs in rooms.values() for tab in tabs):
            client = await stage.connect(tab)
            await stage.sio.save_session(client.sid, {"name": tab.partition(" ")[0]})
        for room, tabs in rooms.items():
            for tab in tabs:
                await stage.sio.enter_room(stage.clients[tab].sid, room)
        yield stage


def is_inside(stage: Stage, tab: str, room: str) -> bool:
    """Say whether a tab is in a room."""
    return room in stage.sio.rooms(stage.clients[tab].sid)
