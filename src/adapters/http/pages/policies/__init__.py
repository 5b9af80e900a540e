"""What signing in takes."""
