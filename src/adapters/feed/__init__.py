"""The supplier's feed: where it lies, and its format."""
