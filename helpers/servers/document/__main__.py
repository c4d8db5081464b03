"""The program: `python -m helpers.servers.document`."""

from helpers.servers.document.server import run

run()
