"""How batches are cut where a predictor is trained; the coach of a report has to know it."""

__all__ = ["LAST_BATCH"]

#: Batch sizes differ by one row at most: a last batch of one row would have no variance.
LAST_BATCH = "even"
