"""The program: `python -m helpers.servers.vote`."""

from helpers.servers.vote.server import run

run()
