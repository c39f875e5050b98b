"""The playground: a page where a small network trains while everything about it changes."""

from trimtab.play.toys import TOYS, toy

__all__ = ["TOYS", "toy"]
