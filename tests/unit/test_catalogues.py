"""Catalogues: complete in every language, with the same facts, and nothing left over."""

import re

import pytest

from app.activity.kinds import KINDS, Kind
from app.i18n.catalogues import languages
from tests.messages import catalogue, collect

MESSAGES = collect()


def test_khmer_comes_first() -> None:
    assert languages()[0] == "km"
    assert "en" in languages()


@pytest.mark.parametrize("language", languages())
def test_every_sentence_is_translated(language: str) -> None:
    known = catalogue(language)
    lacking = [message for message in MESSAGES if not (known.get(message) and known.get(message).string)]  # type: ignore[union-attr]
    assert lacking == [], "run `make messages` and translate"


@pytest.mark.parametrize("language", languages())
def test_facts_are_kept_and_nothing_is_left_over(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            assert message.id in MESSAGES
            assert sorted(re.findall(r"{\w+}", str(message.id))) == sorted(re.findall(r"{\w+}", str(message.string))), (
                message.id
            )


def test_khmer_is_khmer() -> None:
    latin_is_right = {"QR", "JSON"}
    for message in catalogue("km"):
        if message.id and str(message.id) not in latin_is_right:
            assert re.search(r"[\u1780-\u17ff]", str(message.string)), message.id


def test_whatever_happens_has_a_sentence() -> None:
    assert set(KINDS) == set(Kind)
    assert {told.sentence for told in KINDS.values()} <= set(MESSAGES)
