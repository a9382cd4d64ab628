"""Registrations: parties, their places, the waiting list, and the party's own page."""
