"""The course on the learner's machine: its installation."""
