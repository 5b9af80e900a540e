"""What people read when something fails."""
