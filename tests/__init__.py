"""Tests: unit (pure), storage (engines), web (the application in process), browser (the real thing), bench (by hand)."""
