"""The lesson "Rooms and sessions"."""
