"""Ten towns from one table at the desk: paste or upload, look, make drafts of the rows that are right."""

import hashlib
from functools import partial
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency

from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.events.api import copied, created, reader_for
from app.events.campaigns import campaigns_within
from app.events.queries import staff_event, staff_events
from app.events.shapes import TITLE, EventRow
from app.events.sheets import MOST_BYTES, text_of
from app.events.tables import ORDERS, Town, as_text, headed, is_ambiguous, order_of, read_towns, rows_of
from app.events.towns import Copied, judged, title_patterns, written
from app.security.nonces import kept_or_new
from app.validation.fields import Reader
from app.validation.refusals import Problem, Refused, invalid
from app.web.bodies import nested
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said
from app.web.request import Req, keyring_of, settings_of

FORM = "towns"

Typed = dict[str, str]


@get("/desk/campaigns/table")
async def table_form(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Like which event, and the table."""
    slug = request.query_params.get("like", "")
    like = await staff_event(slug, staff) if slug else None
    if slug and like is None:
        raise Refused("not_found")
    typed = {"like": like.slug, "campaign": like.campaign} if like else {}
    return await _table_page(request, staff, like, typed)


class Looked(msgspec.Struct, frozen=True):
    """A table as it was read: its columns, its rows, the dates' order, and a date that may be meant both ways."""

    columns: list[str]
    rows: list[list[str]]
    towns: list[Town]
    order: str
    doubtful: str

    @property
    def right(self) -> int:
        return sum(not town.problems for town in self.towns)

    @property
    def places(self) -> int:
        return sum(town.capacity or 0 for town in self.towns)


async def _table_page(
    request: Req,
    staff: Staff,
    like: EventRow | None,
    typed: Typed,
    *,
    looked: Looked | None = None,
    made: list[EventRow] | None = None,
    refused: Refused | None = None,
) -> Response[bytes]:
    titles = title_patterns(like) if like else {}
    return page(
        request,
        "desk/campaign_table.html",
        staff=staff,
        like=like,
        events=[each for each in await staff_events(staff) if staff.may(Right.CHANGE_EVENTS, each.host_country)],
        words=[campaign.word for campaign, _ in await campaigns_within(staff)],
        typed={**{f"title.{tag}": text for tag, text in titles.items()}, **typed},
        tags=list(titles),
        looked=looked,
        made=made or [],
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
        **said(refused),
    )


@post("/desk/campaigns/table", request_max_body_size=MOST_BYTES + 1024 * 1024)
async def use_table(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Look at a table, or make drafts of the rows that are right; the others stay in the form, to be mended."""
    typed, content = await _sent(request)
    like = await staff_event(typed.get("like", ""), staff)
    try:
        if like is None or not staff.may(Right.CHANGE_EVENTS, like.host_country):
            like = None
            raise invalid([Problem("like", "required")])
        if content:
            typed["table"] = await text_of(content, like.host_country)
        titles = _titles(typed, like)
        looked = await _look(request, staff, like, typed, titles)
    except Refused as refused:
        return await _table_page(request, staff, like, typed, refused=refused)
    if typed.get("do") != "make" or looked.doubtful:
        return await _table_page(request, staff, like, typed, looked=looked)
    made, left = list[EventRow](), list[list[str]]()
    for town, row in zip(looked.towns, looked.rows, strict=False):
        if town.problems:
            left.append(row)
            continue
        raw = written(town, like, titles, typed.get("campaign", ""), _copying(request))
        slug = await _made_once(request, staff, like, raw, typed)
        event = await staff_event(slug, staff)
        if event and all(each.id != event.id for each in made):  # two rows alike are one draft
            made.append(event)
    typed["table"] = as_text([looked.columns, *left]) if left else ""
    again = msgspec.structs.replace(looked, rows=left, towns=[town for town in looked.towns if town.problems])
    return await _table_page(request, staff, like, typed, looked=again if left else None, made=made)


async def _sent(request: Req) -> tuple[Typed, bytes]:
    try:
        sent = await request.form()
    except ValueError as error:  # a part that is no UTF-8
        raise Refused("malformed") from error
    uploaded = sent.get("file")
    content = await uploaded.read() if isinstance(uploaded, UploadFile) else b""
    return {name: value.replace("\0", "") for name, value in sent.items() if isinstance(value, str)}, content


def _titles(typed: Typed, like: EventRow) -> dict[str, str]:
    """The titles' patterns as they were typed; raises Refused beside them."""
    given = {name: text for name, text in typed.items() if name.startswith("title.")}
    if not given:
        return title_patterns(like)
    read = Reader(nested(given))
    titles = read.localised("title", TITLE, required=True)
    read.finish()
    return titles


def _copying(request: Req) -> Copied:
    return partial(copied, retention=settings_of(request).retention_days)


async def _look(request: Req, staff: Staff, like: EventRow, typed: Typed, titles: dict[str, str]) -> Looked:
    columns, rows = headed(rows_of(typed.get("table", "")))
    if not rows:
        raise invalid([Problem("table", "required")])
    chosen = typed.get("order", "")
    doubtful = "" if chosen in ORDERS else is_ambiguous(rows, columns)
    order, check = order_of(rows, columns, chosen), await reader_for(request, staff, asks=True)
    campaign = typed.get("campaign", "")
    towns = [
        judged(town, written(town, like, titles, campaign, _copying(request)), check)
        for town in read_towns(rows, columns, order)
    ]
    return Looked(columns, rows, towns, order, doubtful)


async def _made_once(request: Req, staff: Staff, like: EventRow, raw: dict[str, Any], typed: Typed) -> str:
    """A draft of a row; sent twice it is one."""
    row = hashlib.sha256(msgspec.json.encode(raw)).hexdigest()

    async def act() -> Answer:
        return Answer(303, {"slug": (await created(request, staff, raw, like, asks=True)).slug})

    kept = await once_by_nonce(keyring_of(request), (FORM, str(staff.account), row), typed, act)
    return str(kept.body["slug"])


HANDLERS = [table_form, use_table]
