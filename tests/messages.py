"""Collects every sentence of templates and code; `python -m tests.messages` brings the catalogues up to date.

English is its own translation. A new language is one more file in app/locale.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.i18n.catalogues import LOCALE_DIR

ROOT = Path(__file__).parent.parent
METHODS = {"templates": [("**.html", "jinja2.ext:babel_extract")], "app": [("**.py", "python")]}
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "translate": (2,)}


def collect() -> dict[str, list[tuple[str, int]]]:
    """Every sentence with the places that say it."""
    found: dict[str, list[tuple[str, int]]] = {}
    for folder, methods in METHODS.items():
        for file, line, message, _, _ in extract_from_dir(ROOT / folder, methods, keywords=KEYWORDS):
            if isinstance(message, str) and message:
                found.setdefault(message, []).append((f"{folder}/{file}", line))
    return found


def catalogue(language: str) -> Catalog:
    """The catalogue as it stands, empty if there is none."""
    path = LOCALE_DIR / f"{language}.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> int:
    """Write the catalogue anew with every sentence; returns how many still lack a translation."""
    before = catalogue(language)
    after = Catalog(locale=language, project="Bon", charset="utf-8", header_comment=before.header_comment, fuzzy=False)
    lacking = 0
    for message, places in sorted(collect().items()):
        known = before.get(message)
        text = str(known.string) if known and known.string else (message if language == "en" else "")
        lacking += not text
        files = sorted({(file, None) for file, _ in places})
        comments = known.user_comments if known else ()
        after.add(message, text, locations=files, user_comments=comments)  # type: ignore[arg-type]
    with (LOCALE_DIR / f"{language}.po").open("wb") as file:
        write_po(file, after, width=110, omit_header=False, include_lineno=False)
    return lacking


if __name__ == "__main__":
    for path in sorted(LOCALE_DIR.glob("*.po")):
        print(f"{path.stem}: {update(path.stem)} sentences lack a translation")
