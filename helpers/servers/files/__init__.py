"""Files that everybody in the room can fetch: `python -m helpers.servers.files`."""
