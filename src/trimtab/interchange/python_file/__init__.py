"""One file of NumPy alone: a template that runs as it is, and a line for each node."""
