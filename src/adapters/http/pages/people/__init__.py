"""The people of a company, for its administrators."""
