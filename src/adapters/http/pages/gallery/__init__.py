"""What the gallery shows, and its page."""
