"""An event's board and report, the overview of all events, and exports: numbers for staff, lists for attachés."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.activity.record import Said, record
from app.database.connection import now
from app.directory.queries import countries
from app.events.access import RIGHT
from app.events.shapes import EventRow
from app.festivals.shapes import NAMES
from app.gate.queries import conflicts_of, pairings_of
from app.gate.rules import warnings
from app.i18n.catalogues import month_name, pick, translate
from app.messages.queries import failed_in
from app.printing.typesetting import typeset
from app.registrations.queries import invitations_of
from app.reports import views
from app.reports.export import paper_list, registrations_rows
from app.reports.files import XLSX, Cell, comma_separated, workbook
from app.reports.plots import Bar, bars
from app.reports.queries import numbers_of, totals_within
from app.reports.shapes import EventTotals
from app.validation.refusals import Problem, Refused, invalid
from app.web.bodies import form
from app.web.rendering import page, said
from app.web.request import Req, keyring_of, language_of

LOOKS = 10  # seconds for which phones are taken to stay as they are
CSV = "text/csv; charset=utf-8"


@get("/desk/events/{slug:str}/board")
async def board(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """How it fills, how the day goes, what it was: live while it lasts, from what is kept once it is over."""
    return page(request, "desk/board.html", **await _facts(request, staff, event), live=now() < event.ends_at)


@get("/desk/events/{slug:str}/board/live")
async def board_live(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """The moving part alone; unchanged numbers are not counted again."""
    etag = f'"{event.revision}.{int(now().timestamp()) // LOOKS}.{language_of(request)}"'
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers={"etag": etag, "cache-control": "private, no-store"})
    answer = page(request, "parts/board_live.html", **await _facts(request, staff, event))
    answer.headers["etag"] = etag
    return answer


async def _facts(request: Req, staff: Staff, event: EventRow) -> dict[str, Any]:
    keyring, moment, language = keyring_of(request), now(), language_of(request)
    numbers, invitations = await numbers_of(event), await invitations_of(keyring, event.id)
    phones = [
        phone for pairing in await pairings_of(keyring, event.id) if not pairing.revoked_at for phone in pairing.devices
    ]
    shown = invitations if staff.may(Right.INVITATIONS, event.host_country) else []
    names, over = staff.may(Right.NAMES, event.host_country), moment >= event.ends_at
    numbers = views.may_be_told(numbers, over=over, names=names)
    return {
        "staff": staff,
        "event": event,
        "numbers": numbers,
        "children": views.children_told(numbers),
        "listed": views.breakdowns(event, numbers, shown, language),
        "phones": len(phones),
        "wrong": sum(bool(phone.scans_waiting or warnings(phone, event.revision, moment)) for phone in phones),
        "failed": (await failed_in([event.id])).get(event.id, 0),
        "conflicts": sum(not each.acknowledged_at for each in await conflicts_of(keyring, event.id)),
        "over": over,
        "moment": moment,
    }


@get(["/desk/events/{slug:str}/report.xlsx", "/desk/events/{slug:str}/report.pdf"])
async def event_report(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """The report as a workbook, or on paper."""
    language, facts = language_of(request), await _facts(request, staff, event)
    numbers, listed = facts["numbers"], facts["listed"]
    if request.scope["path"].endswith(".pdf"):
        printed = await typeset("report.typ", views.facts_to_print(event, numbers, listed, language))
        return _file(printed, "application/pdf", f"{event.slug}-report.pdf")
    return _file(workbook(views.event_sheets(event, numbers, listed, language)), XLSX, f"{event.slug}-report.xlsx")


def _file(content: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": f'attachment; filename="{name}"',
    }
    return Response(content, status_code=200, media_type=media_type, headers=headers)


# -- over all events ------------------------------------------------------------------------------------------------


@get("/desk/reports")
async def overview(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """All countries by campaign, festival and month; exact totals of events, and nothing below an event."""
    language = language_of(request)
    known, events = await totals_within(staff), await _chosen(request, staff)
    names = {country.code: pick(country.names, language) for country in await countries()}
    months = views.added(reversed(events), views.month_of)
    labels = [f"{month_name(language, _first(total.label))} {total.label[:4]}" for total in months]
    title = translate(language, "People per month")
    drawn = [Bar(label, total.came, total.walk_ins) for label, total in zip(labels, months, strict=True)]
    return page(
        request,
        "desk/reports.html",
        staff=staff,
        events=events,
        totals=views.added(events, lambda event: "")[0] if events else None,
        by_country=views.added(events, lambda event: names.get(event.host_country, event.host_country)),
        months=list(zip(labels, months, strict=True)),
        plot=bars(drawn, title) if any(bar.value + bar.more for bar in drawn) else "",
        campaigns=sorted({event.campaign for event in known if event.campaign}),
        festivals={name: NAMES[name] for name in dict.fromkeys(event.festival for event in known)},
        years=sorted({event.first_day.year for event in known}, reverse=True),
        asked={name: request.query_params.get(name, "") for name in FILTERS},
        names=names,
    )


FILTERS = ("campaign", "festival", "year")


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


async def _chosen(request: Req, staff: Staff) -> list[EventTotals]:
    asked = {name: request.query_params.get(name, "") for name in FILTERS}
    return views.chosen(await totals_within(staff), **asked)


@get("/desk/reports/{name:str}")
async def overview_file(request: Req, staff: NamedDependency[Staff], name: FromPath[str]) -> Response[bytes]:
    """The same as `events.xlsx` or `events.csv`."""
    language = language_of(request)
    names = {country.code: pick(country.names, language) for country in await countries()}
    rows = views.overview_rows(await _chosen(request, staff), names, language)
    if name == "events.xlsx":
        return _file(workbook([(translate(language, "Events"), rows)]), XLSX, name)
    if name == "events.csv":
        return _file(comma_separated(rows), CSV, name)
    raise Refused("not_found")


# -- lists of registrations, for the attaché ------------------------------------------------------------------------


@get("/desk/events/{slug:str}/export", opt={RIGHT: Right.EXPORTS})
async def export_form(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """What to take out, and why."""
    return page(request, "desk/export.html", staff=staff, event=event, typed={}, **said(None))


@post("/desk/events/{slug:str}/export", opt={RIGHT: Right.EXPORTS})
async def export(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """The registrations as a file; with names only for a reason, which the audit keeps."""
    typed, keyring = await form(request), keyring_of(request)
    kind, names, reason = typed.get("kind", "xlsx"), bool(typed.get("names")), typed.get("reason", "").strip()[:300]
    try:
        if names and not reason:
            raise invalid([Problem("reason", "required")])
        if kind not in {"xlsx", "csv", "pdf"}:
            raise invalid([Problem("kind", "not_a_choice", {"options": "xlsx, csv, pdf"})])
        if kind == "pdf" and not names:
            raise invalid([Problem("names", "list_has_names")])
        on_paper = await paper_list(keyring, event, language_of(request)) if kind == "pdf" else None
    except Refused as refused:
        return page(request, "desk/export.html", staff=staff, event=event, typed=typed, **said(refused))
    language = language_of(request)
    rows: Sequence[Sequence[Cell]] = []
    if on_paper is None:
        rows = await registrations_rows(keyring, event, language, names=names)
    because = Said(keyring, {"reason": reason}) if names else None
    many = len(on_paper["rows"]) if on_paper else len(rows) - 1
    await record(Kind.EXPORTED, actor_of(request), event.id, event.id, said=because, parties=many, names=names)
    if on_paper:
        return _file(await typeset("list.typ", on_paper), "application/pdf", f"{event.slug}-list.pdf")
    name = f"{event.slug}-registrations.{kind}"
    if kind == "csv":
        return _file(comma_separated(rows), CSV, name)
    return _file(workbook([(translate(language, "Registrations"), rows)]), XLSX, name)


HANDLERS = [board, board_live, event_report, overview, overview_file, export_form, export]
