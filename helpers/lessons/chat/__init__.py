"""The lesson "Chat"."""
