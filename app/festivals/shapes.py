"""Festival dates as the pages and feeds show them, and their names."""

from datetime import date, datetime
from typing import Annotated

import msgspec

from app.validation import forms
from app.validation.marks import _
from calendars.festivals import KEYS
from calendars.khmer import FIRST, LAST

SOURCE = 300


NAMES = {
    "khmer_new_year": _("Khmer New Year"),
    "moha_sangkran": _("Moha Sangkran"),
    "meak_bochea": _("Meak Bochea"),
    "visak_bochea": _("Visak Bochea"),
    "royal_ploughing": _("Royal Ploughing"),
    "vassa_begins": _("Vassa begins"),
    "vassa_ends": _("Vassa ends"),
    "kan_ben_start": _("Kan Ben begins (Ben 1)"),
    **{f"kan_ben_{number}": _("Ben {number}") for number in range(2, 15)},
    "pchum_ben": _("Pchum Ben"),
    "kathina_season": _("Kathina season"),
    "kathina": _("Kathina"),
    "water_festival": _("Water Festival"),
    "other": _("Other festival"),
}

# the festivals that an event can be for, and the one whose dates they follow
OF_EVENT = {
    "khmer_new_year": "khmer_new_year",
    "pchum_ben": "pchum_ben",
    "visak_bochea": "visak_bochea",
    "meak_bochea": "meak_bochea",
    "kathina": "kathina_season",
    "water_festival": "water_festival",
}


class FestivalDate(msgspec.Struct, frozen=True):
    """A festival of a year, days inclusive; `sangkran_at` for the New Year. `source` is "" while it is projected."""

    year: int
    key: str
    first_day: date
    last_day: date
    source: str
    resolved: bool
    sangkran_at: datetime | None
    revision: int
    changed_at: datetime

    @property
    def confirmed(self) -> bool:
        return bool(self.source)


class ConfirmationFields(msgspec.Struct, frozen=True):
    """What HQ types from a decree; Sangkran in Phnom Penh's time."""

    year: Annotated[int, forms.Whole(low=FIRST, high=LAST, required=True, about="The common-era year.")]
    festival: Annotated[str, forms.Choice(options=KEYS, about="Which festival.")]
    first_day: Annotated[datetime, forms.Moment(required=True, about="Its first day.")]
    last_day: Annotated[datetime, forms.Moment(required=True, about="Its last day.")]
    sangkran_at: Annotated[datetime | None, forms.Moment(about="The moment of Sangkran, for the New Year.")]
    source: Annotated[str, forms.Line(most=SOURCE, required=True, about="The decree.")]


class ConfirmationDraft(msgspec.Struct, frozen=True):
    """What HQ read in a decree."""

    year: int
    festival: str
    first_day: date
    last_day: date
    sangkran_at: datetime | None
    source: str
