"""The API explained to people."""
