"""What somebody should know on arriving: of one company, or of all of them."""
