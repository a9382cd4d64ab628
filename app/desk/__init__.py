"""The staff's front pages that belong to no single capability: what they look after, and the style guide."""
