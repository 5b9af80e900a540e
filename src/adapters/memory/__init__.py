"""The portal kept in memory: for tests, and to try things out."""
