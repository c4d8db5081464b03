"""The lesson "Socket.IO on the wire"."""
