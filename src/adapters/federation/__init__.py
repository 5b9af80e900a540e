"""Those who vouch for people who sign in: Microsoft, Google, GitHub, OpenID Connect."""
