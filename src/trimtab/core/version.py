"""The version, in a file that everybody may import."""

__version__ = "0.1.0"
