"""Attachés and HQ: log-in, sessions, tokens, postings."""
