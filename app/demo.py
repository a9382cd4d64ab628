"""Demo data that is real: festivals at places where they are truly held, with parties, contacts and log-ins."""

import argparse
import json
import random
import secrets
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.accounts import actions as accounts
from app.activity.record import OPERATOR
from app.database.connection import insert, now, write
from app.database.key_check import require_matching_secret
from app.database.ready import ready
from app.directory.queries import countries
from app.events import actions as events
from app.events import rules as event_rules
from app.events.pictures import read_picture
from app.events.queries import event_by_id
from app.events.shapes import EventRow
from app.gate import actions as gate
from app.gate.queries import PAIRING
from app.gate.rules import GateFields
from app.printing.typesetting import typeset
from app.registrations import actions as registrations
from app.registrations.shapes import RegistrationDraft
from app.security.keyring import Keyring, load
from app.security.links import make_key
from app.settings import STATIC, Settings
from models.accounts import Account
from models.directory import Contact

NEW_YEAR = {"km": "បុណ្យចូលឆ្នាំខ្មែរ នៅ{km}", "en": "Khmer New Year in {en}"}
PCHUM_BEN = {"km": "ពិធីបុណ្យភ្ជុំបិណ្ឌ នៅ{km}", "en": "Pchum Ben in {en}"}
ABOUT = {
    "km": "ព្រឹក៖ ប្រគេនចង្ហាន់ព្រះសង្ឃ និងធ្វើបុណ្យ។\nរសៀល៖ ល្បែងប្រជាប្រិយ និងការប្រគំតន្ត្រី។\nមិនគិតថ្លៃ។ សូមអញ្ជើញបងប្អូនទាំងអស់គ្នា។",
    "en": "Morning: food offering to the monks and merit making.\nAfternoon: popular games and a concert.\n"
    "Free of charge. Everybody is welcome.",
}
GIVEN = (
    "សុខា",
    "ដារ៉ា",
    "ស្រីមុំ",
    "វិចិត្រ",
    "ចាន់ថា",
    "រតនា",
    "សុភាព",
    "ពិសិដ្ឋ",
    "ម៉ាលីស",
    "បូរី",
    "Sophea",
    "Vanna",
    "Rith",
    "Chenda",
)
FAMILY = ("សុខ", "ចាន់", "លី", "កែវ", "ហេង", "អ៊ុំ", "Chea", "Sok", "Meas", "Keo")

# country, festival, place names, host-language title, venue, address, place on the map, people, buses
PLACES: tuple[dict[str, Any], ...] = (
    {
        "country": "KR",
        "festival": "khmer_new_year",
        "km": "ស៊ូវ៉ុន",
        "en": "Suwon",
        "host": ("ko", "수원 캄보디아 설날 축제"),
        "venue": {"km": "សួនម៉ានសុក", "en": "Manseok Park", "ko": "만석공원"},
        "address": "Songjuk-dong, Jangan-gu, Suwon",
        "at": (37.3008, 127.0006),
        "capacity": 3000,
        "parties": 140,
        "buses": (("Hwaseong", "Hyangnam terminal", "07:30", 45), ("Osan", "Osan station, exit 2", "08:00", 45)),
    },
    {
        "country": "KR",
        "festival": "pchum_ben",
        "km": "អានសាន",
        "en": "Ansan",
        "host": ("ko", "안산 프춤번 축제"),
        "venue": {"km": "កីឡដ្ឋានវ៉ា", "en": "Wa Stadium forecourt", "ko": "안산 와스타디움"},
        "address": "Choji-dong, Danwon-gu, Ansan",
        "at": (37.3207, 126.8199),
        "capacity": 5000,
        "parties": 60,
        "buses": (),
    },
    {
        "country": "JP",
        "festival": "khmer_new_year",
        "km": "ណាហ្គោយ៉ា",
        "en": "Nagoya",
        "host": ("ja", "名古屋カンボジア新年祭"),
        "venue": {"km": "សួនកំពង់ផែ", "en": "Garden Pier Park", "ja": "ガーデンふ頭"},
        "address": "Minatomachi, Minato-ku, Nagoya",
        "at": (35.0906, 136.8817),
        "capacity": 2000,
        "parties": 70,
        "buses": (("Toyota", "Toyotashi station", "08:15", 50),),
    },
    {
        "country": "JP",
        "festival": "pchum_ben",
        "km": "ហ្គីហ្វូ",
        "en": "Gifu",
        "host": ("ja", "岐阜プチュムバン"),
        "venue": {"km": "សាលប្រជុំ", "en": "Community hall", "ja": "市民会館"},
        "address": "Gifu",
        "at": (35.4233, 136.7607),
        "capacity": 40,
        "parties": 16,
        "buses": (),
    },
    {
        "country": "TH",
        "festival": "khmer_new_year",
        "km": "រ៉ាយ៉ង",
        "en": "Rayong",
        "host": ("th", "งานปีใหม่เขมร ระยอง"),
        "venue": {"km": "ទីធ្លាវត្ត", "en": "Temple ground", "th": "ลานวัด"},
        "address": "Mueang Rayong",
        "at": (12.6814, 101.2816),
        "capacity": None,
        "parties": 40,
        "buses": (),
    },
    {
        "country": "MY",
        "festival": "khmer_new_year",
        "km": "កូឡាឡាំពួរ",
        "en": "Kuala Lumpur",
        "host": ("ms", "Tahun Baru Khmer di Kuala Lumpur"),
        "venue": {"km": "សាលស្ថានទូត", "en": "Embassy hall", "ms": "Dewan kedutaan"},
        "address": "Jalan Ampang, Kuala Lumpur",
        "at": (3.1606, 101.7382),
        "capacity": 300,
        "parties": 40,
        "buses": (),
    },
)
PROGRAMME = (
    ("09:00", {"km": "ប្រគេនចង្ហាន់ព្រះសង្ឃ", "en": "Food offering to the monks"}),
    ("11:30", {"km": "បាយថ្ងៃត្រង់ជុំគ្នា", "en": "Lunch together"}),
    ("13:00", {"km": "ល្បែងប្រជាប្រិយ៖ ចោលឈូង ទាញព្រ័ត្រ", "en": "Popular games"}),
    ("15:00", {"km": "ការប្រគំតន្ត្រី", "en": "Concert"}),
)
BRING = {"km": "ទឹកផឹក មួក និងអាវភ្លៀង។", "en": "Water, a hat and a raincoat."}
WORKING_DAYS = [1, 2, 3, 4, 5]
CONTACTS = (
    ("KR", "phone", "អនុព័ន្ធការងារ (សាកល្បង)", "Labour attaché (demo)", "+82 2 0000 0000", ("09:00", "18:00")),
    ("KR", "telegram", "តេឡេក្រាម (សាកល្បង)", "Telegram (demo)", "bon_demo_korea", ()),
    ("KR", "kakaotalk", "កាកាវថក (សាកល្បង)", "KakaoTalk (demo)", "_bondemo", ()),
    ("JP", "phone", "អនុព័ន្ធការងារ (សាកល្បង)", "Labour attaché (demo)", "+81 3 0000 0000", ("09:00", "17:00")),
    ("JP", "line", "ឡាញ (សាកល្បង)", "LINE (demo)", "@bondemo", ()),
    ("TH", "phone", "អនុព័ន្ធការងារ (សាកល្បង)", "Labour attaché (demo)", "+66 2 000 0000", ("08:30", "16:30")),
    ("MY", "phone", "អនុព័ន្ធការងារ (សាកល្បង)", "Labour attaché (demo)", "+60 3 0000 0000", ("09:00", "17:00")),
)
ALT = {
    "khmer_new_year": {"km": "ប្រាសាទ ត្នោត និងផ្កាឈូក ពេលព្រះអាទិត្យរះ", "en": "A temple, sugar palms and lotus at sunrise"},
    "pchum_ben": {"km": "វត្ត និងចង្កៀង ពេលយប់", "en": "A pagoda and lamps at night"},
}
STAFF = (
    ("hq@bon.example", "HQ Phnom Penh (demo)", "hq", ()),
    ("korea@bon.example", "Attaché Seoul (demo)", "attache", ("KR",)),
    ("japan@bon.example", "Attaché Tokyo (demo)", "attache", ("JP",)),
)


def _sunday_before(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def festival_day(festival: str, today: date) -> date:
    """The Sunday on or before the festival that comes next."""
    month, day = {"khmer_new_year": (4, 14), "pchum_ben": (10, 1)}[festival]
    found = _sunday_before(date(today.year, month, day))
    return found if found > today + timedelta(days=14) else _sunday_before(date(today.year + 1, month, day))


async def command(_: argparse.Namespace, settings: Settings) -> int:
    """`bon demo`: add demo events, parties, contacts and log-ins, once."""
    keyring = load(settings)
    async with ready(settings):
        await require_matching_secret(keyring)
        await fill(keyring, settings)
    return 0


async def fill(keyring: Keyring, settings: Settings) -> None:
    """Add the demo once and print its log-ins; a database that has accounts is left as it is."""
    if await Account.exists():
        return
    passwords = await _staff()
    await _contacts()
    made = [await _event(place, settings) for place in PLACES]
    for festival in {event.festival for event in made}:
        await _paint([event for event in made if event.festival == festival], festival)
    for event, place in zip(made, PLACES, strict=True):
        await _parties(keyring, event, place["parties"])
    pairing, _ = await gate.pair(keyring, made[0], GateFields(label="North gate"), OPERATOR)
    print("\nDemo log-ins (shown only now):")
    for (email, _, _, _), password in zip(STAFF, passwords, strict=True):
        print(f"  {email:20} {password}")
    print(f"  Desk:  {settings.base_url}/desk")
    print(f"  Gate:  {settings.base_url}/gate/pair/{make_key(keyring, PAIRING, pairing)}")
    print(f"  Page:  {settings.base_url}/km/korea/\n", flush=True)


async def _staff() -> list[str]:
    passwords = []
    for email, name, role, posted in STAFF:
        passwords.append(secrets.token_urlsafe(12))
        await accounts.add_account(email, name, role, passwords[-1], OPERATOR)
        for code in posted:
            await accounts.add_posting(email, code, OPERATOR)
    return passwords


async def _contacts() -> None:
    rows = [
        {
            "id": uuid5(NAMESPACE_URL, f"bon demo {code} {kind}"),
            "host_country": code,
            "kind": kind,
            "label": json.dumps({"km": khmer, "en": english}, ensure_ascii=False),
            "value": value,
            "opening": json.dumps([{"days": WORKING_DAYS, "opens": span[0], "closes": span[1]}] if span else []),
            "position": position,
            "checked_on": now().date(),
        }
        for position, (code, kind, khmer, english, value, span) in enumerate(CONTACTS)
    ]
    await insert(Contact, *rows, unless_there="id")


async def _event(place: dict[str, Any], settings: Settings) -> EventRow:
    day = festival_day(place["festival"], now().date())
    titles = NEW_YEAR if place["festival"] == "khmer_new_year" else PCHUM_BEN
    tag, host_title = place["host"]
    known = {country.code: country for country in await countries()}
    raw = {
        "host_country": place["country"],
        "festival": place["festival"],
        "campaign": f"{place['festival']} {day.year}",
        "title": {"km": titles["km"].format(**place), "en": titles["en"].format(**place), tag: host_title},
        "description": ABOUT,
        "venue": place["venue"],
        "address": place["address"],
        "latitude": place["at"][0],
        "longitude": place["at"][1],
        "starts_at": f"{day}T09:00",
        "ends_at": f"{day}T17:00",
        "capacity": place["capacity"],
        "party_limit": 10,
        "programme": [{"at": at, "what": what} for at, what in PROGRAMME],
        "bring": BRING,
        "facilities": ["wheelchair", "toilets", "drinking_water", "first_aid", "halal", "children"],
        "pickup_points": [
            {"name": name, "place": stop, "departs_at": f"{day}T{clock}", "returns_at": f"{day}T17:30", "seats": seats}
            for name, stop, clock, seats in place["buses"]
        ],
    }
    draft = event_rules.read_event(raw, known, None, retention=settings.retention_days)
    event = await events.create(draft, known[place["country"]].slug, OPERATOR)
    return await events.publish(event.id, OPERATOR)


async def _paint(held: list[EventRow], festival: str) -> None:
    """Our own drawing of the festival as the picture of its events."""
    drawing = (STATIC / "scenes" / f"{festival.removeprefix('khmer_')}.svg").read_text()
    picture = read_picture(await typeset("scene.typ", {"svg": drawing}, "png", ppi=72))
    for event in held:
        await events.set_picture(event.id, picture, ALT[festival], OPERATOR)


async def _parties(keyring: Keyring, event: EventRow, count: int) -> None:
    """Register parties as workers would; the same ones every time."""
    draw = random.Random(event.slug)
    event = await event_by_id(event.id)
    for _ in range(count):
        size = draw.choice((1, 1, 2, 2, 3, 4, 5))
        name = f"{draw.choice(FAMILY)} {draw.choice(GIVEN)}"
        draft = RegistrationDraft(
            names=(name, *[""] * (size - 1)),
            children=draw.randrange(size) if size > 2 else 0,
            phone="",
            email="",
            language=draw.choice(("km", "km", "km", "en")),
            pickup_point=None,
            accept_waiting=True,
            take_what_there_is=False,
        )
        async with write():
            await registrations.register(keyring, event, draft, OPERATOR)
