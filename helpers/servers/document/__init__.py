"""The shared document: `python -m helpers.servers.document`."""
