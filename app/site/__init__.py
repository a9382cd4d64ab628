"""Workers' front pages that belong to no single capability: welcome, a country, help, how it works, privacy."""
