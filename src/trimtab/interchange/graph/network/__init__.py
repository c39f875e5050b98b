"""Programs as nodes: a short function for each op, in a file of the op's name."""
