"""Solutions: one module a notebook, one function an exercise, named as its stub."""
