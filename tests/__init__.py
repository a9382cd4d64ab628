"""Tests: unit (pure), storage (engines), web (the application in process), browser, bench (by hand)."""
