"""Property tests here are the same on every run, and short: the whole folder takes seconds."""

from hypothesis import settings

settings.register_profile("wire", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("wire")
