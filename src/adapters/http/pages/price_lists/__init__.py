"""Prices for groups of companies."""
