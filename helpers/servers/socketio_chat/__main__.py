"""The program: `python -m helpers.servers.socketio_chat`."""

from helpers.servers.socketio_chat.server import run

run()
