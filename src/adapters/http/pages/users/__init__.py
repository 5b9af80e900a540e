"""Everybody who signs in, for the MSP."""
