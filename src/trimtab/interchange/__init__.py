"""Files of other formats: what a model is elsewhere."""
