"""The style guide: every part of the pages in every state, drawn by the real templates."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from app.accounts.shapes import Staff
from app.database.connection import now
from app.directory.shapes import ContactRow, Opening
from app.events.shapes import EventRow
from app.printing import qr
from app.validation.refusals import Problem
from app.web.rendering import page
from app.web.request import Req, settings_of
from models.states import ContactKind, EntryRule, EventState, Festival

NOBODY = UUID(int=0)


def sample(starts: datetime) -> EventRow:
    """An event that is nowhere."""
    wall = starts.replace(tzinfo=None)
    return EventRow(
        id=NOBODY, number=0, slug="sample", host_country="KR", country_slug="korea",
        country_names={"km": "កូរ៉េ", "en": "Korea"}, campaign="", festival=Festival.KHMER_NEW_YEAR,
        title={"km": "បុណ្យចូលឆ្នាំខ្មែរ នៅស៊ូវ៉ុន", "en": "Khmer New Year in Suwon"}, description={},
        venue={"km": "សួនម៉ានសុក", "en": "Manseok Park"}, address="Songjuk-dong, Suwon",
        latitude=37.3008, longitude=127.0006, starts_local=wall, ends_local=wall + timedelta(hours=8),
        time_zone="UTC", starts_at=starts, ends_at=starts + timedelta(hours=8), previous_starts_at=None,
        all_day=False, capacity=3000, seats_taken=357, seats_waiting=0, party_limit=10, entry_rule=EntryRule.ONCE,
        registration_opens_local=None, registration_opens_at=None, registration_closes_local=None,
        registration_closes_at=None, registration_paused=False, state=EventState.PUBLISHED, notice={}, sequence=0,
        created_at=starts, modified_at=starts, revision=0, content_revision=0, retention_days=14,
    )  # fmt: skip


def in_each_state(event: EventRow) -> list[EventRow]:
    """With places, without a limit, full, moved, cancelled, and last one that is shown as over."""
    replace = msgspec.structs.replace
    return [
        event,
        replace(event, capacity=None),
        replace(event, seats_taken=event.capacity or 0),
        replace(
            event,
            previous_starts_at=event.starts_at - timedelta(hours=1),
            notice={"km": "យឺតមួយម៉ោង", "en": "An hour later"},
        ),
        replace(event, state=EventState.CANCELLED, notice={"km": "ដោយសារព្យុះ", "en": "Because of the storm"}),
        event,
    ]


CONTACTS = [
    ContactRow(NOBODY, None, ContactKind.HOTLINE, {"km": "លេខទូរស័ព្ទបន្ទាន់", "en": "Hotline"}, "1297", 0, None,
               (Opening((1, 2, 3, 4, 5, 6, 7), "00:00", "24:00"),), open_now=True),
    ContactRow(NOBODY, "KR", ContactKind.PHONE, {"km": "អនុព័ន្ធការងារ", "en": "Labour attaché"}, "+82 2 0000 0000", 1,
               datetime(2026, 11, 1, tzinfo=UTC).date(), (Opening((1, 2, 3, 4, 5), "09:00", "17:00"),), open_now=False),
    ContactRow(NOBODY, "KR", ContactKind.TELEGRAM, {"km": "តេឡេក្រាម", "en": "Telegram"}, "bon_demo_korea", 2, None),
    ContactRow(NOBODY, "KR", ContactKind.OFFICE, {"km": "ស្ថានឯកអគ្គរាជទូត", "en": "Embassy"}, "Hannam-dong, Seoul",
               3, None, latitude=37.53, longitude=127.0),
]  # fmt: skip


@get("/desk/styleguide")
async def styleguide(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """For whoever builds the next page."""
    return page(
        request,
        "desk/styleguide.html",
        staff=staff,
        events=in_each_state(sample(now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=30))),
        contacts=CONTACTS,
        problems=[Problem(name, "required") for name in ("name", "text", "choice", "tick")],
        symbol=qr.svg(settings_of(request).base_url),
    )


HANDLERS = [styleguide]
