"""Reading what people type: Khmer digits, cleaned text, nested forms, every problem at once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.validation.fields import Reader, unflatten
from app.validation.refusals import Refused
from app.validation.texts import clean, latin_digits


def test_khmer_and_latin_digits() -> None:
    assert latin_digits("០១២៣៤៥៦៧៨៩") == "0123456789"
    read = Reader({"a": "៥", "b": "1២", "c": "5", "d": 7})
    assert [read.whole(name, 0, 100) for name in "abcd"] == [5, 12, 5, 7]
    assert Reader({"a": "١٢"}).whole("a", 0, 100) == 12  # whoever works in the Gulf may have an Arabic keyboard
    assert read.problems == []


@pytest.mark.parametrize("value", ["", None])
def test_nothing_given_is_the_default(value: Any) -> None:
    assert Reader({"a": value}).whole("a", 1, 9, 3) == 3


@pytest.mark.parametrize("value", ["x", "1.5", 1.5, True, [], {}, "1e3", "--1", "9" * 30])
def test_what_is_no_whole_number(value: Any) -> None:
    read = Reader({"a": value})
    read.whole("a", 0, 100)
    assert read.problems[0].code in {"not_a_number", "too_large"}


def test_cleaning() -> None:
    assert clean("  a\u0000b\u202ec\r\n d  ") == "a bc d"
    assert clean("a\r\nb\u0007", lines=True) == "a\nb"
    assert clean("e\u0301") == "é"
    assert clean("ស្រី\u200bមុំ") == "ស្រី\u200bមុំ"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_no_value_breaks_a_reader(value: Any) -> None:
    read = Reader({"a": value})
    read.text("a", 10, required=True)
    read.localised("a", 10, required=True)
    read.place("a", 10)
    read.whole("a", 0, 9)
    read.decimal("a", -1, 1)
    read.flag("a")
    read.choice("a", ("x",))
    read.moment("a")
    read.objects("a", 3)
    read.texts("a", 3, 5)


@given(st.lists(st.tuples(st.text(alphabet="ab.01", max_size=8), st.text(max_size=3))))
def test_no_form_breaks_unflattening(pairs: list[tuple[str, str]]) -> None:
    assert isinstance(unflatten(pairs), dict)


def test_forms_nest() -> None:
    assert unflatten([("title.km", "ក"), ("title.en", ""), ("p.1.name", "b"), ("p.0.name", "a"), ("x", "1")]) == {
        "title": {"km": "ក"},
        "p": [{"name": "a"}, {"name": "b"}],
        "x": "1",
    }


def test_unknown_fields_are_named_too() -> None:
    read = Reader({"a": "1", "b": "2"})
    read.text("a", 5)
    with pytest.raises(Refused) as refused:
        read.finish()
    assert [(each.field, each.code) for each in refused.value.problems] == [("b", "unknown_field")]


@pytest.mark.parametrize(
    ("text", "number"), [("3,000", 3000), ("3 000", 3000), ("៣,០០០", 3000), ("12,345,678", 12345678), ("3000", 3000)]
)
def test_thousands_are_read_as_people_write_them(text: str, number: int) -> None:
    assert Reader({"capacity": text}).whole("capacity", 0, 10**9) == number


@pytest.mark.parametrize("text", ["3,00", "30,00", "3.000", "3,,000", "1,2", "3, 000"])
def test_other_marks_in_numbers_are_asked_about(text: str) -> None:
    read = Reader({"capacity": text})
    assert read.whole("capacity", 0, 10**9) is None
    assert [problem.code for problem in read.problems] == ["not_a_number"]
