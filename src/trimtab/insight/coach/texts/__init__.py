"""The fixed texts of findings, one file for each time of looking."""
