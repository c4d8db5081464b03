"""The lesson "Start here"."""
