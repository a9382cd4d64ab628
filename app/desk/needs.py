"""What needs a hand, from what is known of events, gates, contacts and festivals. Pure: the clock comes in."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import IntEnum
from uuid import UUID

import msgspec

from app.directory.rules import is_stale
from app.directory.shapes import ContactRow
from app.events.shapes import EventRow
from app.festivals.shapes import FestivalDate
from app.gate.news import GateNews
from app.validation.marks import _, _n

SOON, NEAR, FESTIVAL = timedelta(days=7), timedelta(days=30), timedelta(days=120)


class When(IntEnum):
    """How soon it needs a hand."""

    TODAY = 0
    WEEK = 1
    SOMETIME = 2


WORDS = {When.TODAY: _("Today"), When.WEEK: _("This week"), When.SOMETIME: _("When you can")}


class Need(msgspec.Struct, frozen=True):
    """Something that needs a hand: a sentence with its facts, and where to do it. `title` is the event's or ""."""

    when: When
    sentence: str
    facts: dict[str, object]
    address: str
    title: dict[str, str] | str = ""


def of_events(
    events: Iterable[EventRow],
    gates: Mapping[UUID, GateNews],
    aside: Mapping[UUID, int],
    failed: Mapping[UUID, int],
    at: datetime,
) -> list[Need]:
    """What events that are not over, or were over a moment ago, ask for."""
    needs = list[Need]()
    for event in events:
        here = f"/desk/events/{event.slug}"

        def add(when: When, sentence: str, address: str, event: EventRow = event, **facts: object) -> None:
            needs.append(Need(when, sentence, facts, address, event.title))

        gate = gates.get(event.id, GateNews())
        near = event.starts_at - at
        if gate.conflicts:
            add(When.TODAY, CONFLICTS, f"{here}/gate#conflicts", number=gate.conflicts)
        if gate.scans_waiting:
            add(When.TODAY, SCANS, f"{here}/gate", number=gate.scans_waiting)
        if aside.get(event.id):
            add(When.TODAY, ASIDE, f"{here}/rushes", number=aside[event.id])
        if failed.get(event.id) and near > timedelta(0):
            add(When.TODAY if near < SOON else When.WEEK, FAILED, f"{here}/messages", number=failed[event.id])
        if event.published and event.registration_paused and timedelta(0) < near < NEAR:
            add(When.TODAY if near < SOON else When.WEEK, PAUSED, f"{here}/edit")
        if event.published and event.seats_waiting and event.keeps:
            add(When.WEEK, KEPT, f"{here}/registrations?show=waiting", number=event.seats_waiting)
        elif event.published and event.seats_waiting and near < SOON:
            add(When.WEEK, WAIT, f"{here}/registrations?show=waiting", number=event.seats_waiting)
        if event.draft and near < NEAR:
            add(When.TODAY if near < SOON else When.WEEK, DRAFT, f"{here}/publish")
        written = [text for text in (event.title, event.description) if text]
        if event.published and near > timedelta(0) and not all(text.get("km") for text in written):
            add(When.SOMETIME, KHMER, f"{here}/edit")
    return needs


CONFLICTS = _n("{number} conflict at the gate was not looked at", "{number} conflicts at the gate were not looked at")
SCANS = _n("{number} scan waits in a phone", "{number} scans wait in phones")
ASIDE = _n("{number} person was set aside", "{number} people were set aside")
FAILED = _n("{number} message could not be sent", "{number} messages could not be sent")
PAUSED = _("Registration is paused")
KEPT = _n("{number} person waits, and places are kept", "{number} people wait, and places are kept")
WAIT = _n("{number} person still waits", "{number} people still wait")
DRAFT = _("It is still a draft")
KHMER = _("Title or description are not there in Khmer")
STALE = _n("{number} contact was not tried for three months", "{number} contacts were not tried for three months")
HELD = _n("{number} thing ends with somebody's posting", "{number} things end with somebody's posting")
CONFIRM = _("The dates of a festival are still by calculation: {first}")


def of_handover(things: int) -> list[Need]:
    """What ends with somebody's posting."""
    return [Need(When.WEEK, HELD, {"number": things}, "/desk/handover")] if things else []


def of_contacts(contacts: Iterable[ContactRow], today: date) -> list[Need]:
    """Contacts that nobody tried for long."""
    stale = sum(is_stale(contact.checked_on, today) for contact in contacts)
    return [Need(When.SOMETIME, STALE, {"number": stale}, "/desk/contacts")] if stale else []


def of_festivals(dates: Iterable[FestivalDate], today: date) -> list[Need]:
    """Festivals that come soon and that nobody has confirmed."""
    return [
        Need(When.SOMETIME, CONFIRM, {"first": each.first_day.isoformat()}, "/desk/festivals")
        for each in dates
        if not each.confirmed and today <= each.first_day <= today + FESTIVAL
    ]


def in_order(needs: Iterable[Need]) -> list[Need]:
    """The most urgent first."""
    return sorted(needs, key=lambda need: need.when)
