"""The lesson "Merging"."""
