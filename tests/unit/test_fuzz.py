"""Whatever strangers send, pasted or uploaded or scanned: it is read or refused in words, and nothing else happens."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.events.sheets import text_of
from app.events.tables import ORDERS, headed, is_ambiguous, order_of, read_towns, rows_of
from app.security import ticket_code
from app.security.keyring import Keyring
from app.validation.refusals import Refused

KEYRING = Keyring({0: "s" * 40}, 0)
VALID = ticket_code.encode(KEYRING, 7, "0123456789abcdef", 1, 0)
CELLS = st.text(alphabet="0123456789/.-:,;\t\"' ០១២APMapm年月日étនា\n=+@", max_size=40)
HEADS = "place,place_km,date,day,starts,ends,hours,venue,capacity,places,bus,buses,address"


def read_all(text: str) -> None:
    """A table as the desk reads it, in every order of dates."""
    columns, rows = headed(rows_of(text))
    is_ambiguous(rows, columns)
    for chosen in ("", *ORDERS):
        for town in read_towns(rows, columns, order_of(rows, columns, chosen)):
            assert all(problem.code for problem in town.problems)


@given(st.text(max_size=400))
def test_any_text_is_a_table_or_none(text: str) -> None:
    read_all(text)


@given(st.lists(st.lists(CELLS, min_size=13, max_size=13), max_size=4))
def test_any_cells_below_the_right_heads(rows: list[list[str]]) -> None:
    body = "\n".join("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row) for row in rows)
    read_all(HEADS.replace(",", "\t") + "\n" + body)


@given(st.binary(max_size=600), st.sampled_from(["KR", "JP", "SA", "FR"]))
def test_any_file_is_text_or_refused(content: bytes, country: str) -> None:
    text, refused = "", None
    try:
        text = asyncio.run(text_of(content.removeprefix(b"PK"), country))
    except Refused as found:
        refused = found
    assert refused is None or refused.problems[0].field == "file"
    read_all(text)


@settings(max_examples=12, deadline=None)
@given(st.binary(max_size=300))
def test_any_packed_file_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(text_of(b"PK\x03\x04" + content, "KR"))
    assert refused.value.problems[0].field == "file"


@given(st.text(max_size=200))
def test_any_scan_is_no_ticket_of_ours(text: str) -> None:
    with pytest.raises(ticket_code.NotATicket) as refused:
        ticket_code.decode(KEYRING, text)
    assert refused.value.code in {"code_malformed", "code_unknown_key", "code_forged"}


@given(st.integers(0, len(VALID) - 1), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_ticket_with_one_other_letter_is_none(place: int, letter: str) -> None:
    other = VALID[:place] + letter + VALID[place + 1 :]
    if other == VALID:
        assert ticket_code.decode(KEYRING, other).event == 7
        return
    with pytest.raises(ticket_code.NotATicket):
        ticket_code.decode(KEYRING, other)
