"""Host countries and contacts: what exists, whom to call, and how the desk keeps it."""
