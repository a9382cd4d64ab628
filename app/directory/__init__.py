"""Host countries and contacts: what exists, and the pages that lead to it."""
