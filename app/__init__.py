"""Bon: festivals for Cambodian workers abroad. `asgi` and `cli` compose; each capability has its own folder."""

import zoneinfo

# Time zones come from PyPI's tzdata alone: systems carry older data that disagrees (ICAL.md 0.2).
zoneinfo.reset_tzpath(to=())
