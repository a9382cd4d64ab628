"""Refusals with their sentences, and reading what people and programs sent, field by field."""
