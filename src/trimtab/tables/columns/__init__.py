"""What the columns of a table are: kinds, roles, suspicions, copies of rows."""
