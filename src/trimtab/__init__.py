"""Neural networks on tables, trained steadily: dropout and batch normalization done right."""

__version__ = "0.1.0"
