"""The chores of the worker, and how it is asked to do them."""
