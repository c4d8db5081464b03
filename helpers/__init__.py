"""Helpers of the notebooks: servers to talk to, a recorder, a painter and a judge."""
