"""The program: `python -m helpers.servers.rooms`."""

from helpers.servers.rooms.server import run

run()
