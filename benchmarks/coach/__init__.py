"""The collection: labelled training runs, sick and healthy, that measure what the coach finds."""
