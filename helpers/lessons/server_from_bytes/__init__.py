"""The lesson "A server from bytes"."""
