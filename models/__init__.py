"""Piccolo tables, one module an aggregate, and their migrations."""
