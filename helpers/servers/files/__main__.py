"""The program: `python -m helpers.servers.files`."""

from helpers.servers.files.server import run

run()
