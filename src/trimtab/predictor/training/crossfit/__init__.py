"""Cross-fitting: networks that each lack one fold predict as one, and are scored on that fold."""
