"""Getting in without a password: forgotten, or not chosen yet."""
