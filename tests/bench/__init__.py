"""`make bench`: how fast the servers are here, beside what a reader would use instead."""
