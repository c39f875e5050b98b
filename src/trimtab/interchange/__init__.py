"""Models in the forms of other libraries, and back."""
