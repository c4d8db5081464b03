"""The chat on plain WebSockets: `python -m helpers.servers.chat`."""
