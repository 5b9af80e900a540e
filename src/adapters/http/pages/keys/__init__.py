"""Keys that act without a person."""
