"""Uploaded tables as text: CSV in any of the encodings that spreadsheets write, XLSX read in a process with limits.

A workbook is a packed file that may unpack to anything: its directory is looked at first, and reading it happens in a
process of its own that may use so much memory and time, and no more.
"""

import asyncio
import io
import sys
import zipfile
from pathlib import Path

import msgspec

from app.events.tables import as_text, cell_of
from app.validation.refusals import Problem, Refused, invalid

ROOT = Path(__file__).parents[2]  # from where the child imports us, wherever the server was started
MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS = 10_000, 50
MOST_MEMORY = 768 * 1024 * 1024
LONGEST = 20.0  # seconds
# what spreadsheets in a host country write where they do not write UTF-8
ENCODINGS = {
    "KR": "cp949",
    "TH": "cp874",
    "JP": "cp932",
    "TW": "big5hkscs",
    "HK": "big5hkscs",
    "SA": "cp1256",
    "KW": "cp1256",
    "AE": "cp1256",
}


async def text_of(content: bytes, host_country: str) -> str:
    """An uploaded table as the text that one would have pasted; raises Refused beside "file"."""
    if len(content) > MOST_BYTES:
        raise _refused("file_too_large", most=MOST_BYTES // 1024 // 1024)
    if content.startswith(b"PK"):
        return as_text(await _workbook(content))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", ENCODINGS.get(host_country, "cp1252")):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _refused("not_a_table")


def _refused(code: str, **facts: object) -> Refused:
    return invalid([Problem("file", code, facts)])


async def _workbook(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(each.file_size for each in packed.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise _refused("not_a_table") from error
    if unpacked > MOST_UNPACKED:
        raise _refused("table_too_large", rows=MOST_ROWS)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, cwd=ROOT, env={"PYTHONUTF8": "1"},
    )  # fmt: skip
    try:
        out, _ = await asyncio.wait_for(child.communicate(content), LONGEST)
    except TimeoutError as error:
        child.kill()
        await child.wait()
        raise _refused("table_too_large", rows=MOST_ROWS) from error
    if child.returncode:
        raise _refused("not_a_table")
    rows = msgspec.json.decode(out, type=list[list[str]])
    if len(rows) > MOST_ROWS:
        raise _refused("table_too_large", rows=MOST_ROWS)
    return rows


def _read() -> None:
    """The child: a workbook on stdin, the cells of its first sheet as JSON on stdout."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(LONGEST), int(LONGEST)))
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    sheet = book.get_sheet_by_index(0).to_python(nrows=MOST_ROWS + 1)
    rows = [[cell_of(cell) for cell in row[:MOST_COLUMNS]] for row in sheet]
    sys.stdout.buffer.write(msgspec.json.encode([row for row in rows if any(row)]))


if __name__ == "__main__":
    _read()
