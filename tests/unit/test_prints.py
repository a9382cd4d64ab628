"""Everything that is printed fits, whatever is written: judged by where another maker's reader finds each letter."""

import io
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pypdfium2
import pytest
from PIL import Image
from pypdfium2 import raw

from app.events import prints as event_prints
from app.events.shapes import EventRow
from app.printing.texts import pieces, printable
from app.printing.typesetting import typeset
from app.registrations import prints as ticket_prints
from app.site import cards as site_cards
from models.states import EntryRule, EventState, Festival

MILLIMETRE = 72 / 25.4
NOW = datetime(2027, 4, 11, tzinfo=UTC)
SAID = {
    "km": "ពិធីបុណ្យចូលឆ្នាំថ្មី ប្រពៃណីជាតិខ្មែរ ឆ្នាំមមែ នព្វស័ក ព.ស. ២៥៧១ នៅទីក្រុងអានសាន",
    "en": "Khmer New Year in Ansan City with the monks of Wat Cambodia and dances from Battambang",
    "ko": "안산시 캄보디아 설날 축제 단원구 와동 체육관",
    "ja": "群馬県太田市カンボジア正月祭り文化会館大ホール",
    "zh": "桃園市柬埔寨新年慶祝活動 中壢區文化中心",
    "th": "งานสงกรานต์ปีใหม่เขมรที่จังหวัดสระแก้ว หอประชุมใหญ่",
    "ms": "Perayaan Tahun Baharu Khmer di Dewan Serbaguna Shah Alam",
    "ar": "عيد رأس السنة الخميرية في الدوحة قاعة الاحتفالات الكبرى",
}
ODD = ("Wang 😀👨‍👩‍👧", "ສະບາຍດີ", "မင်္ဂလာပါ", "नमस्ते दुनिया", "தமிழ் மக்கள்", "שלום", "e" + "\u0301" * 60, "W" * 80, "")


def photo() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 200), "#a81e58").save(file, "JPEG")
    return file.getvalue()


PHOTO = photo()


def long(rng: random.Random, language: str, most: int) -> str:
    """A text of up to so many characters: short ones and the longest both come often."""
    wanted = rng.choice((rng.randint(1, 30), rng.randint(1, most), most))
    word = rng.choice(
        (SAID[language], SAID[language], SAID[language].replace(" ", ""), rng.choice(ODD) + SAID[language])
    )
    return ((word + " ") * (wanted // len(word) + 1))[:wanted].strip() or "x"


def event_like(rng: random.Random) -> EventRow:
    tags = ["km", "en", *rng.sample(["ko", "ja", "zh", "th", "ms", "ar"], rng.randint(0, 1))]
    start = NOW + timedelta(minutes=rng.randint(0, 500_000))
    hours = rng.choice((4, 4, 50))

    def texts(most: int) -> dict[str, str]:
        return {tag: long(rng, tag, most) for tag in tags}

    return EventRow(
        id=uuid4(),
        number=1,
        slug=rng.choice(("ansan", "khmer-new-year-2028-in-ansan-city", "a" * 80, "-".join(["town"] * 16))),
        host_country="KR",
        country_slug="kr",
        country_names={"km": "កូរ៉េ", "en": "Korea"},
        festival=Festival.KHMER_NEW_YEAR,
        title=texts(300),
        venue=rng.choice(({}, "", texts(500))) or {},
        address=rng.choice(("", long(rng, tags[-1], 500))),
        description={},
        latitude=None,
        longitude=None,
        capacity=None,
        party_limit=60,
        entry_rule=EntryRule.ONCE,
        registration_opens_local=None,
        registration_closes_local=None,
        registration_paused=False,
        time_zone="Asia/Seoul",
        starts_local=start.replace(tzinfo=None),
        ends_local=start.replace(tzinfo=None) + timedelta(hours=hours),
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
        all_day=rng.random() < 0.2,
        notice=rng.choice(({}, {}, texts(2000))),
        previous_starts_at=rng.choice((None, None, start - timedelta(days=7))),
        registration_opens_at=None,
        registration_closes_at=None,
        seats_taken=0,
        seats_waiting=0,
        state=rng.choice((EventState.PUBLISHED, EventState.PUBLISHED, EventState.CANCELLED)),
        sequence=1,
        created_at=NOW,
        modified_at=NOW,
        revision=1,
        content_revision=1,
        retention_days=30,
    )


def ticket_facts(rng: random.Random, event: EventRow, language: str, count: int) -> dict[str, Any]:
    names = ("", "Sok Dara", *ODD, long(rng, rng.choice(list(SAID)), 100))
    tickets = [
        ticket_prints.Printed(n, count, rng.choice(names), rng.random() < 0.2, "https://bon.example/t#" + "7" * 60)
        for n in range(1, count + 1)
    ]
    bus = rng.choice((None, ticket_prints.Bus(long(rng, language, 500), " · 08:00"), ticket_prints.Bus("Ansan", "")))
    hosts = [tag for tag in event.title if tag not in {"km", "en"}]
    return ticket_prints.facts_of(event, tickets, language, hosts, "7K2-M9P", bus)


class Word(msgspec.Struct, frozen=True):
    """A run of letters on one line of a page, in points from the top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    baseline: float


def words_on(page: pypdfium2.PdfPage) -> list[Word]:
    """Every run of letters on a page, where its ink is."""
    high = page.get_height()
    text = page.get_textpage()
    found = []
    for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=8, textpage=text):
        left, bottom, right, top = thing.get_bounds()
        found.append(Word(thing.extract(), left, high - top, right, high - bottom, high - thing.get_matrix().f))
    return [word for word in found if word.right - word.left > 0.2]


ARABIC = re.compile(r"[\u0600-\u06ff]")
PLAIN = re.compile(r"[A-Za-z0-9가-힣]+")


def crossing(words: list[Word]) -> Iterator[tuple[Word, Word]]:
    """Pairs of runs that a reader would see one on the other."""
    ordered = sorted(words, key=lambda word: word.top)
    for at, one in enumerate(ordered):
        for other in ordered[at + 1 :]:
            if other.top > one.bottom:
                break
            wide = min(one.right, other.right) - max(one.left, other.left)
            high = min(one.bottom, other.bottom) - max(one.top, other.top)
            least = min(one.bottom - one.top, other.bottom - other.top)
            part = 0.4 * max(one.bottom - one.top, other.bottom - other.top) if ARABIC.search(other.text) else 0
            stacked = abs(one.baseline - other.baseline) < max(least, part)  # letters and marks of one line may meet
            if stacked and not (PLAIN.fullmatch(one.text) and PLAIN.fullmatch(other.text)):
                continue
            if wide > 1.5 and high > max(0.35 * least, 1):
                yield one, other


def letters_of(text: str) -> str:
    return "".join(each for each in text if each.isalnum())


def outside(words: list[Word], wide: float, high: float) -> list[Word]:
    return [w for w in words if w.left < -1 or w.top < -1 or w.right > wide + 1 or w.bottom > high + 1]


def says(words: list[Word], text: str) -> bool:
    """Whether a text is there; of Khmer its letters in their order, for a PDF's clusters come apart when read."""
    there = letters_of("".join(word.text for word in words))
    if text.isascii():
        return letters_of(text) in there
    rest = iter(there)
    return all(letter in rest for letter in letters_of(text))


@pytest.mark.parametrize("part", range(8))
async def test_every_word_is_inside_its_box(part: int) -> None:
    for seed in range(part * 66, part * 66 + 66):
        rng = random.Random(seed)
        event, language = event_like(rng), rng.choice(("km", "en"))
        hours = "" if event.all_day else f"{event.starts_at + timedelta(hours=9):%H:%M}"
        year = str(event.first_day.year)
        place = next(iter(pieces(event.venue.get(language, ""))), "").strip()  # type: ignore[union-attr]

        count = rng.choice((1, 1, 2, 3, 8))
        facts = ticket_facts(rng, event, language, count)
        layout = rng.choice(("sheet", "sheet", "picture"))
        page = pypdfium2.PdfDocument(await typeset("ticket.typ", facts | {"layout": layout}))[0]
        cards = [(10 + 96 * (n % 2), 9 + 70 * (n // 2)) for n in range(count)] if layout == "sheet" else [(0, 0)]
        wide, high = (94 * MILLIMETRE, 68 * MILLIMETRE) if layout == "sheet" else page.get_size()
        found = words_on(page)
        assert not list(crossing(found)), (seed, layout)
        seen = 0
        for x, y in cards:
            here = [
                msgspec.structs.replace(w, left=w.left - x * MILLIMETRE, right=w.right - x * MILLIMETRE,
                                        top=w.top - y * MILLIMETRE, bottom=w.bottom - y * MILLIMETRE)
                for w in found
            ]  # fmt: skip
            here = [
                w for w in here if -1 < (w.left + w.right) / 2 < wide + 1 and -1 < (w.top + w.bottom) / 2 < high + 1
            ]
            seen += len(here)
            assert not outside(here, wide, high), (seed, layout)
            missing = [said for said in (hours, place, facts["departs"], year, "7K2-M9P") if not says(here, said)]
            assert not missing, (seed, layout, missing)
        assert seen == len(found), (seed, layout, "a word lies on no card")

        size = rng.choice(("a4", "a3", "square", "tall", "card"))
        picture = rng.choice((None, None, PHOTO))
        facts = event_prints.facts_of(event, language, "https://bon.example", picture) | {"size": size}
        page = pypdfium2.PdfDocument(await typeset("event.typ", facts))[0]
        found = words_on(page)
        assert not outside(found, *page.get_size()), (seed, size)
        assert not list(crossing(found)), (seed, size)
        shown = [hours, place, year, *([] if picture and size == "card" else [event.slug])]
        missing = [said for said in shown if not says(found, said)]
        assert not missing, (seed, size, missing)


@pytest.mark.parametrize("part", range(2))
async def test_cards_of_our_own_pages_hold_every_word(part: int) -> None:
    for seed in range(part * 60, part * 60 + 60):
        rng = random.Random(seed)
        language = rng.choice(("km", "en"))
        lines = [long(rng, rng.choice(list(SAID)), 300) for _ in range(rng.randint(1, 3))]
        facts = site_cards.facts_of(language, long(rng, language, 300), lines, rng.choice(("new_year", "pchum_ben")))
        page = pypdfium2.PdfDocument(await typeset("site.typ", facts))[0]
        found = words_on(page)
        assert not outside(found, *page.get_size()), seed
        assert not list(crossing(found)), seed
        assert not [word for word in found if word.right > 101 * MILLIMETRE + 2], (seed, "a word lies on the drawing")


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Dara 😀👨‍👩‍👧🇰🇭❤️", "Dara"),
        ("Dara ສະບາຍດີ", "Dara"),
        ("မင်္ဂလာပါ Sok", "Sok"),
        ("नमस्ते தமிழ்", "नमस्ते தமிழ்"),
        ("שלום Sok", "Sok"),
        ("e" + "\u0301" * 60, "e\u0301\u0301"),
        ("Nguyễn Thị", "Nguyễn Thị"),
        ("ស្រី\u200bមុំ", "ស្រីមុំ"),
    ],
)
def test_what_no_font_can_draw_is_left_out(written: str, printed: str) -> None:
    assert printable(written) == printed


async def test_a_party_in_several_pictures_says_which_tickets_each_shows() -> None:
    event = event_like(random.Random(1))
    tickets = [ticket_prints.Printed(n, 60, "", False, "https://bon.example/t") for n in range(11, 21)]
    facts = ticket_prints.facts_of(event, tickets, "en", ["ko"], "7K2-M9P", None)
    page = pypdfium2.PdfDocument(await typeset("ticket.typ", facts | {"layout": "picture"}))[0]
    assert "11–20 of 60" in page.get_textpage().get_text_bounded()
    one = ticket_prints.facts_of(event, tickets[:1], "en", ["ko"], "7K2-M9P", None)
    assert one["part"] == ""


def test_an_address_is_cut_where_it_may_be_and_a_word_is_not() -> None:
    assert [piece.strip(" \u200b") for piece in pieces("bon.example/e/khmer-new-year")][-2:] == ["new-", "year"]
    assert [piece.strip() for piece in pieces("international Battambang")] == ["international", "Battambang\u200b"]
    assert max(len(piece) for piece in pieces("W" * 300)) <= 9
