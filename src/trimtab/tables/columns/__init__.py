"""The columns of a table: kinds, roles, what is suspicious, and rows that repeat."""
