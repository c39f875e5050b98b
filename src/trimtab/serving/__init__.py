"""A trained model behind HTTP: ``trimtab serve`` and what it answers."""
