"""The heart: who has a place. Taking, queueing, freeing and moving up, bus seats, days and admissions, head counts."""
