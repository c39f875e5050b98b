"""A network's outputs as answers: numbers in their own units, classes, intervals, as nodes."""
