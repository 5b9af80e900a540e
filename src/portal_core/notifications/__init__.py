"""Who is told, and by which channel."""
