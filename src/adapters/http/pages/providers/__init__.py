"""Those who vouch for people who sign in."""
