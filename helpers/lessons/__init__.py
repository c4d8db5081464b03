"""One folder for each lesson, named by its topic: its checks, mistakes and solutions."""
