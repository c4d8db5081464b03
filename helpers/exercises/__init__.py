"""Exercises: the engine that judges answers, and the stage on which they are tried."""
