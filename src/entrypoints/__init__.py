"""The programs: they read the environment and put the parts together."""
