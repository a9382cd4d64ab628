"""Tables as files: workbooks of text cells and numbers, and CSV that a spreadsheet neither runs nor mangles. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence

import xlsxwriter

Cell = str | int | None

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(sheets: Iterable[tuple[str, Sequence[Sequence[Cell]]]]) -> bytes:
    """A workbook; the first row of each sheet is its head. Text stays text, whatever it begins with."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(
        packed, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, rows in sheets:
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, int):
                        sheet.write_number(number, column, cell, None if number else bold)
                    elif cell:
                        sheet.write_string(number, column, cell, None if number else bold)
            sheet.autofit()
    return packed.getvalue()


def comma_separated(rows: Sequence[Sequence[Cell]]) -> bytes:
    """CSV with a BOM, by which spreadsheets read UTF-8.

    A cell that would be a formula is text by a quote before it; what begins with 0 or + stays as it is by the same.
    """
    text = io.StringIO()
    written = csv.writer(text)
    for row in rows:
        written.writerow([_harmless(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _harmless(cell: Cell) -> str | int:
    if not isinstance(cell, str):
        return "" if cell is None else cell
    leading_zero = len(cell) > 1 and cell[0] == "0" and cell.isdigit()
    return f"'{cell}" if cell.startswith(DANGEROUS) or leading_zero else cell
