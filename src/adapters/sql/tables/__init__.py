"""The tables. Rows are apart from the entities of the core and never leave this adapter."""
