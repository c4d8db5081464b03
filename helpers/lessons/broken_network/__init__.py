"""The lesson "When the network breaks"."""
