"""Columns of a table as a network's inputs: what the steps of a preprocessor do, as nodes."""
