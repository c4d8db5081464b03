"""The lesson "Both ways with websockets"."""
