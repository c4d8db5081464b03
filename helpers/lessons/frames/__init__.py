"""The lesson "Frames"."""
