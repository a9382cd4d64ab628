"""Languages: catalogues, dates and words, and where a line of Khmer may break."""
