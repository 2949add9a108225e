"""HTMap at harbour: its pool, and what its jobs must say."""
