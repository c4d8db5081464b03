"""The chat on Socket.IO: `python -m helpers.servers.socketio_chat`."""
