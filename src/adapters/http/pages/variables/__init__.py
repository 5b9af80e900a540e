"""What forms and automation should know of a company."""
