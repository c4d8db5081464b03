"""The lesson "A chat that keeps up"."""
