"""Events: what is held where and when, and whether one may still register; their feeds, pictures and prints."""
