"""The facts of a report: what is known of a predictor, collected into one dictionary."""
