"""The HTTP frame: requests, rendering, caching of public answers, limits, errors; knows no capability."""
