"""Servers to talk to, one program a file: `python -m helpers.servers.echo`."""
