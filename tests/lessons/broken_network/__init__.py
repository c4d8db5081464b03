"""Tests of the lesson broken_network."""
