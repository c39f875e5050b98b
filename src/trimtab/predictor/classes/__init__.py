"""What belongs to classes: metrics, thresholds, calibrated probabilities, sets."""
