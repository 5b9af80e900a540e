"""The shop: browsing, searching, one product."""
