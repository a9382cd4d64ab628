"""What is when: the Khmer festivals of a common-era year, projected by arithmetic or confirmed by the ministry.

Lunar rules: DOMAIN.md 1.3 (keit = waxing, roach = waning).
"""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from calendars.khmer import Month, Phase, from_lunar, months, new_year

KEYS = (
    "khmer_new_year",
    "moha_sangkran",
    "meak_bochea",
    "visak_bochea",
    "royal_ploughing",
    "vassa_begins",
    "kan_ben_start",
    *(f"kan_ben_{number}" for number in range(2, 15)),
    "pchum_ben",
    "vassa_ends",
    "kathina_season",
    "water_festival",
)


class Confirmation(msgspec.Struct, frozen=True):
    """Dates that HQ took from a decree, and where they stand."""

    first_day: date
    last_day: date
    source: str


class FestivalDays(msgspec.Struct, frozen=True):
    """A festival's days, both inclusive. `source` is "" for a projection; only a decree decides an unresolved one."""

    key: str
    first_day: date
    last_day: date
    source: str = ""
    resolved: bool = True

    @property
    def confirmed(self) -> bool:
        return bool(self.source)


def festivals(ce: int, confirmed: Mapping[str, Confirmation] | None = None) -> list[FestivalDays]:
    """Every festival of a year, by first day; a confirmation wins over the projection. Raises OutOfRange."""
    known = dict(confirmed or {})
    if "khmer_new_year" in known and "moha_sangkran" not in known:
        feast = known["khmer_new_year"]
        known["moha_sangkran"] = Confirmation(feast.first_day, feast.first_day, feast.source)
    found = [_with(festival, known.get(festival.key)) for festival in _projected(ce)]
    return sorted(found, key=lambda festival: (festival.first_day, KEYS.index(festival.key)))


def _with(festival: FestivalDays, known: Confirmation | None) -> FestivalDays:
    return festival if known is None else FestivalDays(festival.key, known.first_day, known.last_day, known.source)


def _projected(ce: int) -> list[FestivalDays]:
    feast = new_year(ce)
    asadh = Month.SECOND_ASADH if any(month is Month.SECOND_ASADH for month, _ in months(ce)) else Month.ASADH
    ben = from_lunar(ce, Month.PHATRABOT, Phase.ROACH, 1)

    def lunar(key: str, month: Month, phase: Phase, day: int, length: int = 1) -> FestivalDays:
        first = from_lunar(ce, month, phase, day)
        return FestivalDays(key, first, first + timedelta(days=length - 1))

    season = from_lunar(ce, Month.ASSUJ, Phase.ROACH, 1)
    return [
        FestivalDays("khmer_new_year", feast.days[0], feast.days[-1], resolved=feast.resolved),
        FestivalDays("moha_sangkran", feast.days[0], feast.days[0], resolved=feast.resolved),
        lunar("meak_bochea", Month.MEAK, Phase.KEIT, 15),
        lunar("visak_bochea", Month.PISAKH, Phase.KEIT, 15),
        lunar("royal_ploughing", Month.PISAKH, Phase.ROACH, 4),
        lunar("vassa_begins", asadh, Phase.ROACH, 1),
        lunar("kan_ben_start", Month.PHATRABOT, Phase.ROACH, 1),
        *(
            FestivalDays(f"kan_ben_{number}", ben + timedelta(days=number - 1), ben + timedelta(days=number - 1))
            for number in range(2, 15)
        ),
        lunar("pchum_ben", Month.PHATRABOT, Phase.ROACH, 14, 3),
        lunar("vassa_ends", Month.ASSUJ, Phase.KEIT, 15),
        FestivalDays("kathina_season", season, from_lunar(ce, Month.KADEUK, Phase.KEIT, 15)),
        lunar("water_festival", Month.KADEUK, Phase.KEIT, 14, 3),
    ]
