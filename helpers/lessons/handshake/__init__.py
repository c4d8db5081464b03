"""The lesson "The handshake"."""
