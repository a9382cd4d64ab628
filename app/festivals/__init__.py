"""When the Khmer festivals are: projected by arithmetic, confirmed by HQ from decrees, which win everywhere."""
