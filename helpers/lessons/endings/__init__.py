"""The lesson "How connections end"."""
