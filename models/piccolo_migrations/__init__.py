"""Migrations: columns made by Piccolo, then indexes and checks by hand."""
