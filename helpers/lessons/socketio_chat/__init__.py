"""The lesson "A Socket.IO chat"."""
