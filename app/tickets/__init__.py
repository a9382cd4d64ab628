"""Tickets: the signed code, its QR, and the page it opens."""
