"""The WebSocket protocol by hand: bytes in, facts out, no I/O and nothing but Python.

Read in this order: `handshake` (two HTTP heads), `frames` (the format), `messages` (fragments
joined, text checked), `deflate` (compressed messages), `transcript` (a recording).
"""
