"""Files and frames: reading tables without silent corruption, and writing them."""
