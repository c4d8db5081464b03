"""What is wrong with a machine or a notebook, and what to do about it."""
