"""The shelves of the shop."""
