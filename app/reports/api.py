"""Numbers for integrators: an event's report, and all events added up."""

from collections.abc import Callable, Mapping
from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency

from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.database.connection import now
from app.events.shapes import EventRow
from app.reports import views
from app.reports.answers import GroupAnswer, OverviewAnswer, ReportAnswer, TotalsAnswer
from app.reports.queries import numbers_of, totals_within
from app.reports.shapes import EventTotals, Totals
from app.seats.few import told as told_by_size
from app.seats.few import told_in_order
from app.validation import forms
from app.web.cursors import ListFields, read_page
from app.web.described import told
from app.web.json import json_answer
from app.web.request import Req
from models.states import Festival


class OverviewQuery(ListFields, frozen=True, kw_only=True):
    """Which events are added up; without any of these all of them."""

    host_country: Annotated[str, forms.Line(most=2, about="ISO 3166 code of a host country.")] = ""
    campaign: Annotated[str, forms.Line(most=140, about="A campaign's name, as its events tell it.")] = ""
    festival: Annotated[str, forms.Choice(options=tuple(Festival), default="", about="What is celebrated.")] = ""
    year: Annotated[int | None, forms.Whole(low=2000, high=2100, about="The year of the first day.")] = None


@get("/api/v1/events/{slug:str}/report", opt=told(ReportAnswer))
async def event_report(staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """How it fills, how the day goes, what it was: counts, by day, hour, language, bus and invitation."""
    over, country = now() >= event.ends_at, event.host_country
    numbers = views.may_be_told(await numbers_of(event), over=over, names=staff.may(Right.NAMES, country))
    invited = numbers.invitations if staff.may(Right.INVITATIONS, country) else {}
    return json_answer(
        ReportAnswer(
            over=over,
            parties=numbers.parties,
            registered=numbers.registered,
            children=views.children_known(numbers),
            waiting=numbers.waiting,
            moved_up=numbers.moved_up,
            gave_up=numbers.gave_up,
            came=numbers.came,
            walk_ins=numbers.walk_ins,
            all_who_came=numbers.all_who_came,
            not_come=numbers.not_come,
            by_day=_groups(dict(sorted(numbers.by_day.items()))),
            arrivals=_groups(told_in_order(numbers.arrivals)),
            languages=_groups(told_by_size(numbers.languages)),
            buses=_groups(told_by_size(numbers.buses)),
            invitations=_groups(told_by_size(invited)),
        )
    )


def _groups(people: Mapping[str, int]) -> list[GroupAnswer]:
    return [GroupAnswer(key, count) for key, count in people.items()]


@get("/api/v1/reports", opt=told(OverviewAnswer, query=OverviewQuery))
async def overview(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Published and cancelled events within one's reach, added up by country, campaign, festival and month."""
    asked = read_page(request, OverviewQuery)
    events = views.chosen(
        await totals_within(staff),
        host_country=asked.host_country.upper(),
        campaign=asked.campaign,
        festival=asked.festival,
        year=str(asked.year or ""),
    )

    def by(key: Callable[[EventTotals], str]) -> list[TotalsAnswer]:
        return sorted(map(_totals, views.added(events, key)), key=lambda each: each.key)

    return json_answer(
        OverviewAnswer(
            all=next(iter(by(lambda _: "")), _totals(Totals())),
            by_host_country=by(lambda event: event.host_country),
            by_campaign=by(lambda event: event.campaign),
            by_festival=by(lambda event: event.festival),
            by_month=by(views.month_of),
        )
    )


def _totals(total: Totals) -> TotalsAnswer:
    return TotalsAnswer(
        key=total.label,
        events=total.events,
        capacity=total.capacity,
        registered=total.registered,
        waiting=total.waiting,
        came=total.came,
        walk_ins=total.walk_ins,
        no_show=total.no_show,
    )


HANDLERS = [event_report, overview]
