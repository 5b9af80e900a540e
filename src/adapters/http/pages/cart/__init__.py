"""The cart, up to the order."""
