"""Numbers as people write them, and whole numbers that floats cannot hold."""
