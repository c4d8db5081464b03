"""The lesson "A chat that survives strangers"."""
