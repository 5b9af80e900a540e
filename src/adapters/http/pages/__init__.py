"""The pages, one folder per room."""
