"""The version of the facts that pages are made of."""

#: Goes up when a reader of the JSON would have to change.
VERSION = 1
