"""The lesson "Who froze the server?"."""
