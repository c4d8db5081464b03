"""The lesson "A shared document"."""
