"""Columns that are handed over as they came."""
