"""The stage: real servers and clients on which an answer is tried."""
