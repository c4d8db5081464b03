"""The lesson "Send a file"."""
