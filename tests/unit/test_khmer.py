"""The Khmer calendar against published dates and its own laws."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.festivals import KEYS, Confirmation, festivals
from calendars.khmer import FIRST, LAST, Month, OutOfRange, Phase, from_lunar, months, new_year, to_lunar

with (Path(__file__).parent / "khmer_dates.csv").open() as file:
    PUBLISHED = list(csv.DictReader(file))
YEARS = range(FIRST, LAST + 1)

# arrival of the New Year as announced, +07:00 (decrees and broadcasts)
SANGKRAN = {
    2016: "2016-04-13T20:00", 2017: "2017-04-14T03:12", 2019: "2019-04-14T15:12", 2021: "2021-04-14T04:00",
    2023: "2023-04-14T16:00", 2025: "2025-04-14T04:48", 2026: "2026-04-14T10:48",
}  # fmt: skip
# computed, no decree yet
PROJECTED = {2027: "2027-04-14T16:48", 2028: "2028-04-13T23:12", 2029: "2029-04-14T05:36", 2030: "2030-04-14T11:36"}


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row['year']}-{row['festival']}")
def test_published_dates(row: dict[str, str]) -> None:
    found = {festival.key: festival for festival in festivals(int(row["year"]))}[row["festival"]]
    assert (found.first_day.isoformat(), found.last_day.isoformat()) == (row["first_day"], row["last_day"])


@pytest.mark.parametrize(("year", "moment"), [*SANGKRAN.items(), *PROJECTED.items()])
def test_the_moment_of_sangkran(year: int, moment: str) -> None:
    feast = new_year(year)
    assert feast.sangkran.isoformat() == f"{moment}:00+07:00"
    assert feast.days[0] == feast.sangkran.date()
    assert feast.resolved


def test_lerng_sak_as_a_temple_calendar_printed_it() -> None:
    for year, clock in ((2015, "18:21:36"), (2018, "12:59:24"), (2020, "01:24:36"), (2022, "13:49:48")):
        assert new_year(year).lerng_sak.strftime("%H:%M:%S") == clock
        assert new_year(year).lerng_sak.date() == new_year(year).days[-1]


def test_2032_is_marked_unresolved() -> None:
    assert not new_year(2032).resolved
    assert not next(each for each in festivals(2032) if each.key == "khmer_new_year").resolved
    assert [year for year in YEARS if not new_year(year).resolved] == [1916, 1974, 2032, 2059]


def test_years_have_three_lengths_and_leaps_fall_where_they_should() -> None:
    lengths = {year: sum(length for _, length in months(year)) for year in YEARS}
    assert set(lengths.values()) == {354, 355, 384}
    assert {year for year in range(2014, 2027) if lengths[year] == 384} == {2015, 2018, 2021, 2023, 2026}
    assert {year for year in range(2014, 2027) if lengths[year] == 355} == {2016, 2020, 2025}


def test_every_civil_day_is_one_lunar_day_and_back() -> None:
    day, before = date(FIRST, 1, 1), None
    while day <= date(LAST, 12, 31):
        lunar = to_lunar(day)
        assert from_lunar(lunar.year, lunar.month, lunar.phase, lunar.day) == day
        name = (lunar.year, lunar.month, lunar.phase, lunar.day)
        assert name != before
        day, before = day + timedelta(days=1), name


def test_labels_change_each_on_its_own_day() -> None:
    feast = new_year(2026)
    eve, arrival, last = feast.days[0] - timedelta(days=1), feast.days[0], feast.days[-1]
    assert (to_lunar(eve).animal, to_lunar(arrival).animal) == (5, 6)
    assert (to_lunar(last - timedelta(days=1)).sak, to_lunar(last).sak) == (7, 8)
    visak = from_lunar(2026, Month.PISAKH, Phase.KEIT, 15)
    assert (to_lunar(visak).buddhist_era, to_lunar(visak + timedelta(days=1)).buddhist_era) == (2569, 2570)
    official = to_lunar(date(2026, 4, 16))  # "14 roach Chet, year of the horse, Attha Sak, BE 2569"
    assert (official.day, official.phase, official.month) == (14, Phase.ROACH, Month.CHET)
    assert (official.animal, official.sak, official.buddhist_era) == (6, 8, 2569)


@pytest.mark.parametrize("year", YEARS)
def test_festivals_come_in_order_and_are_unique(year: int) -> None:
    found = festivals(year)
    assert {festival.key for festival in found} == set(KEYS)
    assert len(found) == len(KEYS)
    assert [festival.first_day for festival in found] == sorted(festival.first_day for festival in found)
    by_key = {festival.key: festival for festival in found}
    order = ("meak_bochea", "khmer_new_year", "vassa_begins", "kan_ben_start", "kan_ben_14", "vassa_ends")
    days = [by_key[key].first_day for key in (*order, "kathina_season", "water_festival")]
    assert days == sorted(days)
    assert by_key["pchum_ben"].last_day - by_key["pchum_ben"].first_day == timedelta(days=2)
    assert by_key["kan_ben_14"].first_day == by_key["pchum_ben"].first_day
    assert all(festival.last_day.year == year for festival in found)


def test_a_confirmation_wins_and_says_so() -> None:
    known = {"khmer_new_year": Confirmation(date(2032, 4, 14), date(2032, 4, 16), "Sub-decree 1")}
    found = {festival.key: festival for festival in festivals(2032, known)}
    assert found["khmer_new_year"].confirmed
    assert (found["khmer_new_year"].first_day, found["khmer_new_year"].resolved) == (date(2032, 4, 14), True)
    assert not found["pchum_ben"].confirmed


@given(st.dates(max_value=date(FIRST - 1, 12, 31)) | st.dates(min_value=date(LAST + 1, 1, 1)))
def test_outside_the_range_is_a_clear_error(day: date) -> None:
    with pytest.raises(OutOfRange, match="1900 to 2100"):
        to_lunar(day)
    with pytest.raises(OutOfRange):
        new_year(day.year)


def test_days_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="has no 15 roach jesth"):
        from_lunar(2026, Month.JESTH, Phase.ROACH, 15)
    with pytest.raises(ValueError, match="has no"):
        from_lunar(2025, Month.SECOND_ASADH, Phase.KEIT, 1)
    with pytest.raises(ValueError, match="has no"):
        from_lunar(2026, Month.CHET, Phase.KEIT, 0)
