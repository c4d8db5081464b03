"""The servers under attack for minutes, while people talk: `make soak`."""
