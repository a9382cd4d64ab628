"""The Khmer lunisolar calendar (chhankitek): arithmetic on integers and dates; no astronomy, clock or time zone data.

The arithmetic is that of Roath Kim Soeun's almanac as published by Phylypo Tum (khmer-calendar.tovnah.com), the
Cambodian Cultural Centre (cam-cc.org/calendar) and chhankitek.knackus.com; background: L. Gislén and J. C. Eade, "The
calendars of Southeast Asia", Journal of Astronomical History and Heritage 22(3), 2019. The government's sub-decree is
final: what is computed here is a projection (festivals.py keeps both).

A *lunar year* is named by the common-era year in which its Pisakh lies; it begins with Migasir, in November or December
of the year before.
"""

from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from functools import cache

import msgspec

FIRST, LAST = 1900, 2100
PHNOM_PENH = timezone(
    timedelta(hours=7), "Asia/Phnom_Penh"
)  # no other offset since 1920, and none before the calendar's use

_MIGASIR_1900 = date(1899, 12, 3)  # 1 January 1900 was the 1st waxing day of Boss, and Migasir has 29 days
_LERNG_SAK = (506980, date(2026, 4, 16))  # a harkun (days since the epoch) and its civil date


class Month(StrEnum):
    """Lunar months in order; a leap-month year has two Asadh instead of one."""

    MIGASIR = "migasir"
    BOSS = "boss"
    MEAK = "meak"
    PHALKUN = "phalkun"
    CHET = "chet"
    PISAKH = "pisakh"
    JESTH = "jesth"
    ASADH = "asadh"
    FIRST_ASADH = "first_asadh"
    SECOND_ASADH = "second_asadh"
    SRAP = "srap"
    PHATRABOT = "phatrabot"
    ASSUJ = "assuj"
    KADEUK = "kadeuk"


class Phase(StrEnum):
    """The waxing (keit) and the waning (roach) half of a month."""

    KEIT = "keit"
    ROACH = "roach"


class LunarDate(msgspec.Struct, frozen=True):
    """A day of the Khmer calendar: `day` 1–15 of a phase of a month of a lunar year.

    `animal` (0 rat … 11 pig) changes on the day of Sangkran, `sak` (1–10) on Lerng Sak, `buddhist_era` on the 1st
    waning day of Pisakh (almanac text of 2012).
    """

    year: int
    month: Month
    phase: Phase
    day: int
    animal: int
    sak: int
    buddhist_era: int


class NewYear(msgspec.Struct, frozen=True):
    """Khmer New Year of a common-era year: the instant of Moha Sangkran, and the civil days from its day to Lerng Sak.

    `resolved` is False where the arithmetic gives exactly 24:00, the edge of two days, which only a decree can decide
    (1916, 1974, 2032, 2059: four days from the 13th or three from the 14th).
    """

    sangkran: datetime
    days: tuple[date, ...]
    lerng_sak: datetime
    resolved: bool


class OutOfRange(ValueError):
    """A year or date outside FIRST–LAST."""


class _Sun(msgspec.Struct, frozen=True):
    """The year's numbers: days since the epoch, and what is left of the solar year, the moon's excess and its age."""

    harkun: int
    left_of_day: int
    kromathupul: int
    avoman: int
    bodithey: int

    @property
    def leaps(self) -> bool:
        """Whether the solar year has 366 days."""
        return self.kromathupul <= 207


@cache
def _sun(ce: int) -> _Sun:
    """The numbers of the Chula Sakaraj year that begins in April of `ce`."""
    h = 292207 * (ce - 638) + 373
    harkun = h // 800 + 1
    excess = 11 * harkun + 650
    return _Sun(harkun, h % 800, 800 - h % 800, excess % 692, (harkun + excess // 692) % 30)


def _month_leaps(ce: int) -> bool:
    now, following = _sun(ce).bodithey, _sun(ce + 1).bodithey
    if now == 25 and following == 5:
        return False
    return now > 24 or now < 6 or (now == 24 and following == 6)


def _day_leaps_by_itself(ce: int) -> bool:
    now, following, before = _sun(ce), _sun(ce + 1).avoman, _sun(ce - 1).avoman
    if now.avoman == 137 and following == 0:
        return False
    if now.avoman == 0 and before == 137:
        return True
    return now.avoman < (127 if now.leaps else 138)


@cache
def _has_leap_day(ce: int) -> bool:
    """A leap day that meets a leap month gives way to it and moves to the next year."""
    if _month_leaps(ce):
        return False
    return _day_leaps_by_itself(ce) or (_month_leaps(ce - 1) and _day_leaps_by_itself(ce - 1))


@cache
def months(year: int) -> tuple[tuple[Month, int], ...]:
    """The months of a lunar year with their lengths; they sum to 354, 355 or 384."""
    _check(year)
    asadh = ((Month.FIRST_ASADH, 30), (Month.SECOND_ASADH, 30)) if _month_leaps(year) else ((Month.ASADH, 30),)
    return (
        (Month.MIGASIR, 29),
        (Month.BOSS, 30),
        (Month.MEAK, 29),
        (Month.PHALKUN, 30),
        (Month.CHET, 29),
        (Month.PISAKH, 30),
        (Month.JESTH, 30 if _has_leap_day(year) else 29),
        *asadh,
        (Month.SRAP, 29),
        (Month.PHATRABOT, 30),
        (Month.ASSUJ, 29),
        (Month.KADEUK, 30),
    )


@cache
def _starts() -> tuple[date, ...]:
    """The first day of each lunar year, from FIRST to the one after LAST + 1."""
    found = [_MIGASIR_1900]
    for year in range(FIRST, LAST + 2):
        found.append(found[-1] + timedelta(days=sum(length for _, length in months(year))))
    return tuple(found)


def _check(year: int) -> None:
    if not FIRST <= year <= LAST + 1:  # lunar year LAST + 1 begins in December of LAST
        raise OutOfRange(f"The Khmer calendar is computed for {FIRST} to {LAST} only, not for {year}.")


def to_lunar(day: date) -> LunarDate:
    """The Khmer date of a civil day; raises OutOfRange outside FIRST–LAST."""
    if not FIRST <= day.year <= LAST:
        _check(0)
    year = day.year if day < _starts()[day.year + 1 - FIRST] else day.year + 1
    left = (day - _starts()[year - FIRST]).days
    for month, length in months(year):
        if left < length:
            phase, number = (Phase.KEIT, left + 1) if left < 15 else (Phase.ROACH, left - 14)
            return LunarDate(year, month, phase, number, *_labels(day))
        left -= length
    raise AssertionError("a lunar year ended before its last day")  # pragma: no cover


def _labels(day: date) -> tuple[int, int, int]:
    """Animal year, Sak and Buddhist era of a civil day: each changes on a day of its own."""
    feast = new_year(day.year)
    animal_year = day.year if day >= feast.days[0] else day.year - 1
    sak_year = day.year if day >= feast.days[-1] else day.year - 1
    era = day.year + (544 if day >= from_lunar(day.year, Month.PISAKH, Phase.ROACH, 1) else 543)
    return (animal_year - 4) % 12, (sak_year - 638 - 1) % 10 + 1, era


def from_lunar(year: int, month: Month, phase: Phase, day: int) -> date:
    """The civil day of a Khmer date; raises ValueError if that lunar year has no such day."""
    _check(year)
    passed = 0
    for each, length in months(year):
        if each == month:
            number = day if phase is Phase.KEIT else day + 15
            if not 1 <= day <= (15 if phase is Phase.KEIT else length - 15):
                break
            return _starts()[year - FIRST] + timedelta(days=passed + number - 1)
        passed += length
    raise ValueError(f"The lunar year {year} has no {day} {phase} {month}.")


# -- New Year ----------------------------------------------------------------------------------------------------

_DEGREE, _SIGN = 60, 30 * 60  # in arc-minutes
_CORRECTIONS = (
    (35, 0),
    (32, 35),
    (27, 67),
    (22, 94),
    (13, 116),
    (5, 129),
    (0, 134),
)  # (step, sum so far) by 15 degrees


def _true_sun(elapsed: int, kromathupul: int) -> int:
    """The sun's true longitude, in arc-minutes, `elapsed` days into the solar year that began with this kromathupul."""
    signs, rest = divmod(800 * elapsed + kromathupul, 24350)
    degrees, rest = divmod(rest, 811)
    mean = signs * _SIGN + degrees * _DEGREE + rest // 14 - 3
    from_apogee = (mean - 80 * _DEGREE) % (12 * _SIGN)
    quarter = from_apogee // (3 * _SIGN)
    arc = (from_apogee, 6 * _SIGN - from_apogee, from_apogee - 6 * _SIGN, 12 * _SIGN - from_apogee)[quarter]
    step, within = divmod(arc, 15 * _DEGREE)
    factor, so_far = _CORRECTIONS[step]
    correction = within * factor // 900 + so_far
    return mean - correction if from_apogee < 6 * _SIGN else mean + correction


@cache
def new_year(ce: int) -> NewYear:
    """Khmer New Year of a common-era year; raises OutOfRange outside FIRST–LAST.

    Right for every published arrival day of 1997 and 2009–2026; published times of 2011 and 2013–2015 differ by 12–24
    minutes, and 2024 was announced seven minutes earlier (22:17).
    """
    if not FIRST <= ce <= LAST:
        _check(0)
    before, this = _sun(ce - 1), _sun(ce)
    first = 363 if before.leaps else 362
    longitudes = [_true_sun(first + day, before.kromathupul) % (12 * _SIGN) for day in range(4)]
    arrival = next(index for index, longitude in enumerate(longitudes) if longitude % _SIGN < _DEGREE)
    days = 4 if arrival == 0 else 3
    harkun, civil = _LERNG_SAK
    lerng_sak = civil + timedelta(days=this.harkun - harkun)
    first_day = lerng_sak - timedelta(days=days - 1)
    minutes = 24 * 60 - 24 * (longitudes[arrival] % _DEGREE)
    midnight = datetime(first_day.year, first_day.month, first_day.day, tzinfo=PHNOM_PENH)
    return NewYear(
        sangkran=midnight + timedelta(minutes=minutes),
        days=tuple(first_day + timedelta(days=index) for index in range(days)),
        lerng_sak=datetime(lerng_sak.year, lerng_sak.month, lerng_sak.day, tzinfo=PHNOM_PENH)
        + timedelta(seconds=this.left_of_day * 108),
        resolved=minutes < 24 * 60,
    )
