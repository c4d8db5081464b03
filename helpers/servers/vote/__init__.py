"""Live votes on Socket.IO: `python -m helpers.servers.vote`."""
