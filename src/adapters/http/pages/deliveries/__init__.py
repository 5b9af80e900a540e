"""Deliveries, and what came of them."""
