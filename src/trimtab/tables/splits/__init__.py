"""Dividing rows into those to train on and those to score on."""
