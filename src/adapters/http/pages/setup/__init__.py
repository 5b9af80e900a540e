"""Making the first administrator."""
