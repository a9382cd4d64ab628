"""Collects every sentence of templates and code; `python -m tests.messages` brings the catalogues up to date.

English is its own translation. A new language is one more file in app/locale.
"""

from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.i18n.catalogues import LOCALE_DIR

ROOT = Path(__file__).parent.parent
METHODS = {
    "templates": [("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")],
    "app": [("**.py", "python")],
}
COUNTING = (1, 2)
KEYWORDS: dict[str, Any] = {
    "_": None,
    "translate": (2,),
    "_n": COUNTING,
    "_forms": COUNTING,
    "_p": ((1, "c"), 2),
}


class Message(NamedTuple):
    """A sentence, or what it says of one and of many; `context` where a word means several things."""

    id: str | tuple[str, ...]
    context: str | None = None


def collect() -> dict[Message, list[tuple[str, int]]]:
    """Every sentence with the places that say it."""
    found: dict[Message, list[tuple[str, int]]] = {}
    for folder, methods in METHODS.items():
        for file, line, message, _, context in extract_from_dir(ROOT / folder, methods, keywords=KEYWORDS):
            if message:
                found.setdefault(Message(message, context), []).append((f"{folder}/{file}", line))
    return found


def catalogue(language: str) -> Catalog:
    """The catalogue as it stands, empty if there is none."""
    path = LOCALE_DIR / f"{language}.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def known_of(before: Catalog, message: Message) -> Any:
    """The entry of a sentence; of one that counts only if it has its plural forms."""
    known = before.get(message.id, context=message.context)
    return known if known and known.pluralizable == isinstance(message.id, tuple) else None


def strings_of(known: Any) -> tuple[str, ...]:
    """What a catalogue says, in every form."""
    said = known.string if known else ()
    return tuple(said) if isinstance(said, (tuple, list)) else (said,)


def update(language: str) -> int:
    """Write the catalogue anew with every sentence; returns how many still lack a translation."""
    before = catalogue(language)
    after = Catalog(locale=language, project="Bon", charset="utf-8", header_comment=before.header_comment, fuzzy=False)
    lacking = 0
    for message, places in sorted(collect().items(), key=lambda each: (str(each[0].id), str(each[0].context))):
        known = known_of(before, message)
        english = message.id if language == "en" else ""
        text = known.string if known and all(strings_of(known)) else english
        lacking += not text
        files = sorted({(file, None) for file, _ in places})
        comments = known.user_comments if known else ()
        after.add(message.id, text, locations=files, user_comments=comments, context=message.context)  # type: ignore[arg-type]
    with (LOCALE_DIR / f"{language}.po").open("wb") as file:
        write_po(file, after, width=110, omit_header=False, include_lineno=False)
    return lacking


if __name__ == "__main__":
    for path in sorted(LOCALE_DIR.glob("*.po")):
        print(f"{path.stem}: {update(path.stem)} sentences lack a translation")
