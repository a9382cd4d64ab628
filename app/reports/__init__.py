"""Numbers over an event, and over all of them; what is taken out as files."""
