"""Everything outside the core: what drives it and what it drives."""
