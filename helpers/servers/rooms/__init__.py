"""Rooms and sessions on Socket.IO: `python -m helpers.servers.rooms`."""
