"""Exported files beside the models: how far they differ, and how quick they are."""
