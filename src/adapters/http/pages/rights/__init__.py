"""What somebody may do in a company, and why; and what nobody there may."""
