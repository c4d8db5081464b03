"""Black boxes that play clients against a server on this machine, and report what it does.

Each refuses any other machine, is bounded in count and in time, and plays in a process of its own,
so that a server that hangs cannot hang whoever asked.
"""
