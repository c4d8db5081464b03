"""The program: `python -m helpers.servers.chat`."""

from helpers.servers.chat.server import run

run()
