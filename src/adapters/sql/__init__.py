"""The portal kept in SQL: PostgreSQL or SQLite, alike to whoever asks."""
