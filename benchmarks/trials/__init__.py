"""What comparisons claim where the truth is known, and how many trials a minute has."""
