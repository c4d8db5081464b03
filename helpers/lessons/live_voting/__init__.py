"""The lesson "Live voting"."""
