"""The course of ``train``: from a table to a predictor."""
