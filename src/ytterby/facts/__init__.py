"""Published tables in one read-only store. Knows no news."""
