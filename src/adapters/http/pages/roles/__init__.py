"""Roles that administrators put together."""
