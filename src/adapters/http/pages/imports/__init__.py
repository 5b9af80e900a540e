"""Imports of the supplier’s feed."""
