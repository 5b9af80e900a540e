"""Calls to strangers: to checked addresses, and no further."""
