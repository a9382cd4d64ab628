"""Towns of a campaign as a table: pasted from a spreadsheet or uploaded, read row by row. Pure.

A row says what is different from the event it is made like: place, day, hours, places, venue, bus. Each cell is read as
people write it, and what cannot be read is named beside its cell.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, datetime, time

import msgspec

from app.validation.refusals import Problem, invalid
from app.validation.texts import clean, latin_digits

MOST_ROWS = 200
MOST_CELL = 500
COLUMNS = ("place", "place_km", "day", "hours", "capacity", "venue", "venue_host", "bus")
WITHOUT_HEAD = ("place", "day", "hours", "capacity", "venue", "bus")
HEADS = {
    "place": {"place", "town", "city", "where", "ទីកន្លែង", "ទីក្រុង", "ក្រុង"},
    "place_km": {"place in khmer", "town in khmer", "khmer", "ឈ្មោះខ្មែរ", "ទីកន្លែងជាភាសាខ្មែរ"},
    "day": {"day", "date", "ថ្ងៃ", "ថ្ងៃទី", "កាលបរិច្ឆេទ"},
    "hours": {"hours", "time", "from to", "ម៉ោង"},
    "capacity": {"places", "capacity", "people", "seats", "ចំនួន", "ចំនួនកន្លែង", "កន្លែង"},
    "venue": {"venue", "hall", "ទីតាំង", "សាល"},
    "venue_host": {"venue there", "local venue", "venue in host language", "장소", "会場", "สถานที่", "場地"},
    "bus": {"bus", "buses", "រថយន្តក្រុង"},
}
DAY_FIRST, MONTH_FIRST = "day_first", "month_first"
ORDERS = (DAY_FIRST, MONTH_FIRST)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_PARTED = re.compile(r"(\d{1,4})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{1,4})\.?(?:[ T]0{1,2}:00(?::00)?)?")
_SPELT = re.compile(r"(\d{1,2})\.?\s+([A-Za-z]{3,9})\.?,?\s+(\d{4})")
_CLOCK = r"(\d{1,2})(?:\s*[:.hH]\s*(\d{2}))?(?::00)?"
_HOURS = re.compile(rf"{_CLOCK}\s*(?:-|–|—|~|to|ដល់|\|)\s*{_CLOCK}")
_GROUPED = re.compile(r"\d{1,3}(?:[ ,.'\u00a0\u202f]\d{3})+|\d+")
_BUS = re.compile(rf"(.+?)[\s,]+{_CLOCK}(?:\s*(?:-|–|—|~)\s*{_CLOCK})?(?:[\s,]+(\d{{1,4}}))?")


class TownBus(msgspec.Struct, frozen=True):
    """A bus of a row: from where, when it leaves and comes back, and how many seats."""

    name: str
    departs: time
    returns: time | None
    seats: int | None


class Town(msgspec.Struct, frozen=True):
    """A row as it is meant, with what is wrong by its column; `cells` are the row as it was written, by column."""

    cells: dict[str, str]
    day: date | None = None
    starts: time | None = None
    ends: time | None = None
    capacity: int | None = None
    buses: tuple[TownBus, ...] = ()
    problems: tuple[Problem, ...] = ()

    def cell(self, column: str) -> str:
        return self.cells.get(column, "")


def rows_of(text: str) -> list[list[str]]:
    """A pasted table or a CSV file as cells, without empty rows; tabs, semicolons or commas part them."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    first = next((line for line in text.split("\n") if line.strip()), "")
    mark = "\t" if "\t" in first else max(";,", key=first.count)
    # a quote without its partner is a letter, else it would swallow the rows after it
    lone = text.count('"') % 2 == 1
    delimiter, lines = mark if mark in first else "\t", io.StringIO(text)
    parted = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE if lone else csv.QUOTE_MINIMAL)
    try:
        rows = [[clean(cell)[:MOST_CELL] for cell in row] for row in parted]
    except csv.Error as error:  # a cell without end
        raise invalid([Problem("table", "not_a_table")]) from error
    rows = [row for row in rows if any(row)]
    if len(rows) > MOST_ROWS:
        raise invalid([Problem("table", "table_too_large", {"rows": MOST_ROWS})])
    return rows


def as_text(rows: Sequence[Sequence[str]]) -> str:
    """Cells as the text that is pasted: a row a line, tabs between."""
    text = io.StringIO()
    written = csv.writer(text, delimiter="\t", lineterminator="\n")
    written.writerows([cell.replace("\t", " ").replace("\n", "; ") for cell in row] for row in rows)
    return text.getvalue().rstrip("\n")


def headed(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The columns ("" for one that we do not know), and the rows without the head; without one the usual order."""
    if rows:
        found = [_column(cell) for cell in rows[0]]
        if sum(map(bool, found)) >= 2:
            return found, rows[1:]
    return list(WITHOUT_HEAD), rows


def _column(cell: str) -> str:
    words = " ".join(re.sub(r"[^\w\s]|_", " ", cell.lower()).split())
    return next((column for column, known in HEADS.items() if words in {*known, column.replace("_", " ")}), "")


def is_ambiguous(rows: list[list[str]], columns: list[str]) -> str:
    """A date of the table that may be meant both ways, where no other tells which; else ""."""
    doubtful, orders = "", set[str]()
    at = columns.index("day") if "day" in columns else len(columns)
    for cell in (latin_digits(row[at]) for row in rows if at < len(row)):
        found = _PARTED.fullmatch(cell)
        if not found or len(found[1]) == 4:
            continue
        first, second = int(found[1]), int(found[2])
        if first > 12 or second > 12:
            orders.add(DAY_FIRST if first > 12 else MONTH_FIRST)
        elif first != second:
            doubtful = doubtful or cell
    return doubtful if len(orders) != 1 else ""


def order_of(rows: list[list[str]], columns: list[str], chosen: str) -> str:
    """Which way round dates are: as was chosen, else as one that can only be meant one way tells."""
    if chosen in ORDERS:
        return chosen
    at = columns.index("day") if "day" in columns else len(columns)
    for cell in (latin_digits(row[at]) for row in rows if at < len(row)):
        found = _PARTED.fullmatch(cell)
        if found and len(found[1]) < 3 and int(found[2]) > 12:
            return MONTH_FIRST
    return DAY_FIRST


def read_towns(rows: list[list[str]], columns: list[str], order: str) -> list[Town]:
    """Each row as it is meant."""
    return [_town(dict(zip(columns, row, strict=False)), order) for row in rows]


def _town(cells: dict[str, str], order: str) -> Town:
    cells = {column: text for column, text in cells.items() if column and text}
    problems = list[Problem]()
    if not cells.get("place"):
        problems.append(Problem("place", "required"))
    day = _day(cells.get("day", ""), order, problems)
    starts, ends = _hours(cells.get("hours", ""), problems)
    capacity = _capacity(cells.get("capacity", ""), problems)
    buses = _buses(cells.get("bus", ""), problems)
    return Town(cells, day, starts, ends, capacity, buses, tuple(problems))


def _day(text: str, order: str, problems: list[Problem]) -> date | None:
    plain = latin_digits(text)
    if not plain:
        problems.append(Problem("day", "required"))
        return None
    if found := _PARTED.fullmatch(plain):
        one, two, three = (int(part) for part in found.groups())
        if len(found[1]) == 4:
            year, month, day = one, two, three
        else:
            year = three if three > 99 else 2000 + three
            day, month = (one, two) if order == DAY_FIRST else (two, one)
    elif (found := _SPELT.fullmatch(plain)) and found[2][:3].lower() in MONTHS:
        year, month, day = int(found[3]), MONTHS.index(found[2][:3].lower()) + 1, int(found[1])
    else:
        problems.append(Problem("day", "not_a_day"))
        return None
    try:
        return date(year, month, day)
    except ValueError:
        problems.append(Problem("day", "day_does_not_exist", {"day": text}))
        return None


def _hours(text: str, problems: list[Problem]) -> tuple[time | None, time | None]:
    if not text:
        return None, None
    found = _HOURS.fullmatch(latin_digits(text))
    starts = _clock(found[1], found[2]) if found else None
    ends = _clock(found[3], found[4]) if found else None
    if starts is None or ends is None:
        problems.append(Problem("hours", "not_hours"))
        return None, None
    return starts, ends


def _clock(hour: str, minute: str | None) -> time | None:
    try:
        return time(int(hour), int(minute or 0))
    except ValueError:
        return None


def _capacity(text: str, problems: list[Problem]) -> int | None:
    plain = latin_digits(text)
    if not plain:
        return None
    if not _GROUPED.fullmatch(plain):
        problems.append(Problem("capacity", "not_a_number"))
        return None
    return min(int(re.sub(r"\D", "", plain)), 10**12)  # the rule of events says what is too much


def _buses(text: str, problems: list[Problem]) -> tuple[TownBus, ...]:
    buses = []
    for part in filter(None, (each.strip() for each in re.split(r"[;\n]", text))):
        found = _BUS.fullmatch(latin_digits(part))
        departs = _clock(found[2], found[3]) if found else None
        returns = _clock(found[4], found[5]) if found and found[4] else None
        if not found or departs is None or (found[4] and returns is None):
            problems.append(Problem("bus", "not_a_bus", {"text": part}))
            continue
        buses.append(TownBus(found[1].strip(" ,"), departs, returns, int(found[6]) if found[6] else None))
    return tuple(buses)


def cell_of(value: object) -> str:
    """A cell of a workbook as people would have typed it."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
