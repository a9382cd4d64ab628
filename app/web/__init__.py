"""What every page and API answer shares: refusals, fields, languages, sessions, headers, limits, caching, assets."""
