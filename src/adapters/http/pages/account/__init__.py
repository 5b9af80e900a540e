"""The person: profile, colours, companies."""
