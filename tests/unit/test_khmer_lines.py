"""Khmer lines break between words, never inside a cluster; nothing else of a page changes."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import demo
from app.i18n.khmer_lines import with_breaks, words

SENTENCE = "ឈ្មោះហៅក្រៅគឺគ្រប់គ្រាន់ហើយយើងមិនដែលសួររកលិខិតឆ្លងដែន"
KHMER = st.text(st.characters(min_codepoint=0x1780, max_codepoint=0x17D3), min_size=1, max_size=60)


def test_words_are_marked_where_text_is_shown() -> None:
    html = with_breaks(f'<p title="{SENTENCE}">{SENTENCE}</p><textarea>{SENTENCE}</textarea><title>{SENTENCE}</title>')
    assert html.count("<wbr>") >= 8
    assert f'title="{SENTENCE}"' in html
    assert f"<textarea>{SENTENCE}</textarea><title>{SENTENCE}</title>" in html
    assert html.replace("<wbr>", "").count(SENTENCE) == 4
    assert "គ្រប់គ្រាន់" in html  # one word stays whole


@pytest.mark.parametrize("word", ["កឋិន", "កឋិនទាន", "អន្តេវាសិកដ្ឋាន", "ទទេ"])
def test_words_that_the_dictionary_cuts_inside_stay_whole(word: str) -> None:
    assert word in words(f"សូមទុកឱ្យ{word}ពេលនេះ")


@given(KHMER)
def test_no_cluster_is_cut_and_nothing_is_lost(text: str) -> None:
    cut = words(text)
    assert "".join(cut) == text
    for before, after in itertools.pairwise(cut):
        assert not before.endswith("\u17d2")
        assert re.match(r"[\u1780-\u17b3]", after)


@given(st.text(st.characters(max_codepoint=0x2FF, exclude_characters="<>"), max_size=80))
def test_other_text_stays_as_it_is(text: str) -> None:
    assert with_breaks(f"<p>{text}</p>") == f"<p>{text}</p>"


@pytest.mark.parametrize(
    "name", [place["km"] for place in demo.PLACES] + ["គុយវ៉ែត", "ថៃ", "កូរ៉េ", "ជប៉ុន", "តៃវ៉ាន់", "ហុងកុង"]
)
def test_the_name_of_a_place_stays_on_one_line(name: str) -> None:
    assert "<wbr>" not in with_breaks(f"<p>{name}</p>")
