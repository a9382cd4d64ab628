"""Contacts: what is right, when somebody answers, and the card that a phone saves."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.directory.rules import RESERVED, group_of, is_open, is_stale, read_contact, shifted
from app.directory.shapes import ContactRow, Opening
from app.directory.vcard import vcard
from app.validation.refusals import Refused
from models.states import ContactKind

WORKING = Opening((1, 2, 3, 4, 5), "09:00", "17:00")
NIGHT = Opening((5, 6), "22:00", "06:00")
ALWAYS = Opening((1, 2, 3, 4, 5, 6, 7), "00:00", "24:00")


def contact(**changes: Any) -> dict[str, Any]:
    return {"host_country": "KR", "kind": "phone", "value": "02-123-4567", "label": {"en": "Attaché"}, **changes}


def problems(reach: frozenset[str] = frozenset({"", "KR", "JP"}), **changes: Any) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        read_contact(contact(**changes), ["KR", "JP"], reach)
    return {problem.field: problem.code for problem in refused.value.problems}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("opening", "moment", "answer"),
    [
        ((WORKING,), "2026-11-23T00:00", True),  # Monday 09:00 in Seoul
        ((WORKING,), "2026-11-22T23:59", False),
        ((WORKING,), "2026-11-23T08:00", False),  # 17:00: just closed
        ((WORKING,), "2026-11-22T03:00", False),  # Sunday noon
        ((NIGHT,), "2026-11-20T13:30", True),  # Friday 22:30
        ((NIGHT,), "2026-11-21T20:59", True),  # Sunday 05:59, opened on Saturday
        ((NIGHT,), "2026-11-22T13:30", False),  # Sunday 22:30
        ((ALWAYS,), "2026-11-22T13:30", True),
        ((WORKING, NIGHT), "2026-11-20T13:30", True),
        ((), "2026-11-20T13:30", None),
    ],
)
def test_open_now_is_said_by_the_clock_of_the_country(
    opening: tuple[Opening, ...], moment: str, answer: bool | None
) -> None:
    assert is_open(opening, "Asia/Seoul", at(moment)) is answer


def test_the_ministrys_hours_are_shown_in_the_workers_time() -> None:
    evening = Opening((1,), "08:00", "23:00")
    moment = at("2026-11-23T00:00")
    assert shifted((evening,), "Asia/Phnom_Penh", "Asia/Seoul", moment) == (Opening((1,), "10:00", "01:00"),)
    assert shifted((evening,), "Asia/Phnom_Penh", "Asia/Riyadh", moment) == (Opening((1,), "04:00", "19:00"),)
    assert shifted((Opening((1,), "02:00", "05:00"),), "Asia/Phnom_Penh", "Asia/Riyadh", moment) == (
        Opening((7,), "22:00", "01:00"),
    )
    assert shifted((ALWAYS,), "Asia/Phnom_Penh", "Asia/Riyadh", moment) == (ALWAYS,)
    whole_days = Opening((1, 2, 3, 4, 5), "00:00", "24:00")
    for hours in range(24 * 8):
        later = moment + timedelta(hours=hours)
        kuwait = shifted((whole_days,), "Asia/Phnom_Penh", "Asia/Kuwait", moment)
        assert is_open((whole_days,), "Asia/Phnom_Penh", later) == is_open(kuwait, "Asia/Kuwait", later)
    for hours in range(24 * 8):  # wherever one looks, somebody answers at the same instants
        later = moment + timedelta(hours=hours)
        assert is_open((evening,), "Asia/Phnom_Penh", later) == is_open(
            shifted((evening,), "Asia/Phnom_Penh", "Asia/Riyadh", moment), "Asia/Riyadh", later
        )


@pytest.mark.parametrize(
    ("kind", "value", "kept", "link"),
    [
        ("phone", "02-123-4567", "+82 2-123-4567", "tel:+8221234567"),
        ("phone", "+855 12 345 678", "+855 12 345 678", "tel:+85512345678"),
        ("hotline", "១២៩៧", "1297", "tel:1297"),
        ("whatsapp", "+82 10 1234 5678", "+82 10-1234-5678", "https://wa.me/821012345678"),
        ("telegram", "https://t.me/bon_korea", "bon_korea", "https://t.me/bon_korea"),
        ("telegram", "@bon_korea", "bon_korea", "https://t.me/bon_korea"),
        ("messenger", "m.me/khmer.korea", "khmer.korea", "https://m.me/khmer.korea"),
        ("facebook", "https://www.facebook.com/khmer.korea/", "khmer.korea", "https://www.facebook.com/khmer.korea"),
        ("line", "@bon", "@bon", "https://line.me/R/ti/p/@bon"),
        ("line", "https://line.me/R/ti/p/%40bon", "@bon", "https://line.me/R/ti/p/@bon"),
        ("kakaotalk", "https://open.kakao.com/o/sAbc12", "sAbc12", "https://open.kakao.com/o/sAbc12"),
        ("kakaotalk", "_bon", "_bon", "https://pf.kakao.com/_bon"),
        ("e-mail", "seoul@example.org", "seoul@example.org", "mailto:seoul@example.org"),
        ("office", "Hannam-dong, Seoul", "Hannam-dong, Seoul", ""),
    ],
)
def test_every_kind_leads_where_a_tap_should(kind: str, value: str, kept: str, link: str) -> None:
    draft = read_contact(contact(kind=kind, value=value), ["KR"], frozenset({"KR", ""}))
    assert draft.value == kept
    row = ContactRow(UUID(int=1), "KR", ContactKind(kind), {"en": "x"}, draft.value, 0, None)
    assert row.link == link


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"kind": "phone", "value": "call me"}, "value", "not_a_phone"),
        ({"kind": "whatsapp", "value": "1297"}, "value", "not_a_phone"),
        ({"kind": "telegram", "value": "a b"}, "value", "not_a_link"),
        ({"kind": "telegram", "value": "javascript:alert(1)"}, "value", "not_a_link"),
        ({"kind": "line", "value": "https://evil.example/x?y"}, "value", "not_a_link"),
        ({"kind": "line", "value": "https://lin.ee/abc123"}, "value", "not_a_link"),
        ({"kind": "telegram", "value": "https://evil.com/foobar"}, "value", "not_a_link"),
        ({"kind": "phone", "value": "02-1234-5678 ext 5"}, "value", "not_a_phone"),
        ({"kind": "phone", "value": "0800-FLOWERS"}, "value", "not_a_phone"),
        (
            {"opening": [{"days": "every", "opens": "09:00", "closes": "09:00"}]},
            "opening.0.closes",
            "ends_before_start",
        ),
        ({"kind": "e-mail", "value": "nobody"}, "value", "not_a_link"),
        ({"kind": "pigeon"}, "kind", "not_a_choice"),
        ({"value": ""}, "value", "required"),
        ({"label": {"ko": "x"}}, "label", "khmer_or_english"),
        ({"host_country": "XX"}, "host_country", "unknown_country"),
        ({"latitude": "37.5"}, "longitude", "both_or_none"),
        ({"opening": [{"days": "every", "opens": "25:00", "closes": "26"}]}, "opening.0.opens", "not_a_clock"),
        ({"opening": [{"days": "", "opens": "09:00", "closes": "17:00"}]}, "opening.0.days", "required"),
        ({"opening": [{"days": "every"}]}, "opening.0.closes", "not_a_clock"),
        ({"opening": [{}] * 9}, "opening", "too_many"),
        ({"surprise": "1"}, "surprise", "unknown_field"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(changes: dict[str, Any], field: str, code: str) -> None:
    assert problems(**changes)[field] == code


def test_an_attache_writes_for_the_own_countries_only() -> None:
    assert problems(frozenset({"JP"})) == {"host_country": "country_out_of_reach"}
    assert problems(frozenset({"KR"}), host_country="") == {"host_country": "country_out_of_reach"}
    assert read_contact(contact(host_country=""), ["KR"], frozenset({"KR", ""})).host_country == ""


def test_day_groups_come_back_as_they_were_chosen() -> None:
    assert group_of((1, 2, 3, 4, 5)) == "working"
    assert group_of((1, 2, 3, 4, 5, 6, 7)) == "every"
    assert group_of((7,)) == "7"
    assert group_of((1, 7)) == ""


def test_nobody_tried_it_for_long() -> None:
    assert is_stale(None, date(2026, 11, 24))
    assert is_stale(date(2026, 8, 25), date(2026, 11, 24))
    assert not is_stale(date(2026, 8, 26), date(2026, 11, 24))


def test_the_card_is_what_address_books_read() -> None:
    rows = [
        ContactRow(UUID(int=1), None, ContactKind.HOTLINE, {"en": "x"}, "1297", 0, None),
        ContactRow(UUID(int=2), "KR", ContactKind.TELEGRAM, {"en": "x"}, "bon_korea", 0, None),
        ContactRow(UUID(int=3), "KR", ContactKind.OFFICE, {"en": "x"}, "Hannam-dong, Seoul; 2nd floor", 0, None),
    ]
    name = "អនុព័ន្ធការងារ នៅប្រទេសកូរ៉េ ក្រុងសេអ៊ូល និងតំបន់ជុំវិញទាំងអស់"
    card = vcard("urn:uuid:1", name, "Attaché", rows, page="https://bon.example/km/korea/contacts.vcf")
    assert card.startswith("BEGIN:VCARD\r\nVERSION:4.0\r\n")
    assert card.endswith("END:VCARD\r\n")
    assert all(len(line.encode()) <= 75 for line in card.split("\r\n"))
    lines = card.replace("\r\n ", "").split("\r\n")
    assert f"FN;LANGUAGE=km:{name}" in lines
    assert "TEL;VALUE=uri;TYPE=voice:tel:1297" in lines
    assert "URL;TYPE=telegram:https://t.me/bon_korea" in lines
    assert "ADR:;;Hannam-dong\\, Seoul\\; 2nd floor;;;;" in lines
    assert vcard("", name, "", rows * 60).count("TEL") == 8  # a square that phones still read
    brief = vcard("", name, "", rows)
    assert "telegram" not in brief
    assert "1297" in brief


def test_reserved_words_are_no_countries() -> None:
    assert {"help", "privacy", "how", "events", "r"} <= RESERVED
