"""Catalogues: complete in every language, with the same facts, and nothing left over."""

import re
import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from app.activity.kinds import KINDS, Kind
from app.i18n import catalogues
from app.i18n.catalogues import languages, translate
from app.validation.marks import Many
from tests.messages import Message, catalogue, collect, known_of, strings_of

MESSAGES = collect()


def test_khmer_comes_first() -> None:
    assert languages()[0] == "km"
    assert "en" in languages()


@pytest.mark.parametrize("language", languages())
def test_every_sentence_is_translated_in_every_form(language: str) -> None:
    known = catalogue(language)
    lacking = [message for message in MESSAGES if not all(strings_of(known_of(known, message)) or [""])]
    assert lacking == [], "run `make messages` and translate"
    counting = [known_of(known, message) for message in MESSAGES if isinstance(message.id, tuple)]
    assert {len(each.string) for each in counting} == {known.num_plurals}


def facts(*texts: str) -> set[str]:
    return {fact for text in texts for fact in re.findall(r"{\w+}", text)}


@pytest.mark.parametrize("language", languages())
def test_facts_are_kept_and_nothing_is_left_over(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            assert Message(message.id, message.context) in MESSAGES  # type: ignore[arg-type]
            said = strings_of(message)
            ids = tuple(message.id) if isinstance(message.id, (tuple, list)) else (message.id,)
            assert facts(said[-1]) == facts(ids[-1]), message.id  # what is said of many names every fact
            assert facts(*said) <= facts(*ids), message.id


# KHMER.md's words and spellings that were rejected, each with what is written instead
REJECTED = {
    "លះបង់": "បោះបង់", "ឲ្យ": "ឱ្យ", "អោយ": "ឱ្យ", "ឱយ": "ឱ្យ", "ព្រឹត្តិការណ៍": "កម្មវិធី",
    "កម្មវិធីរុករក": "ទំព័រនេះ", "យុទ្ធនាការ": "កម្រងកម្មវិធី", "គណបក្ស": "ក្រុម", "ស្គែន": "ស្កេន", "ផ្គូផ្គង": "ភ្ជាប់",
    "ជួររង់ចាំ": "បញ្ជីរង់ចាំ", "ត្រូវបានចាកចេញ": "ចេញពីគណនី", "ខ្សែទូរស័ព្ទ": "លេខទូរស័ព្ទបន្ទាន់", "តុការងារ": "ផ្នែកគ្រប់គ្រង",
    "ទីស្នាក់ការកណ្ដាល": "ក្រសួង", "បំភ្លេច": "លុប", "ចុះបញ្ជី": "ចុះឈ្មោះ", "ផ្ទេរ": "ប្រគល់ឱ្យ", "ពួកគេ": "គាត់",
    "ផ្តល់": "ផ្ដល់", "ផ្តើម": "ផ្ដើម", "ម្តង": "ម្ដង", "ប្តូរ": "ប្ដូរ", "ក្តី": "ក្ដី", "បណ្តុះ": "បណ្ដុះ", "កណ្តាល": "កណ្ដាល",
    "បណ្តោយ": "បណ្ដោយ", "ផ្តាច់": "ផ្ដាច់", "សម្តែង": "សម្ដែង", "ផ្តេក": "ផ្ដេក", "ស្តាប់": "ស្ដាប់", "ប្តី": "ប្ដី",
    "រថយន្ដ": "រថយន្ត", "តន្ដ្រី": "តន្ត្រី", "ស្ដ្រី": "ស្ត្រី", "សង្ក្រាន្ដ": "សង្ក្រាន្ត", "បន្ដិច": "បន្តិច", "ប៉ុន្ដែ": "ប៉ុន្តែ",
    "មិត្ដ": "មិត្ត", "ផ្ញើរ": "ផ្ញើ", "ច័ន្ទ": "ចន្ទ", ";": "។", "\u200b": "nothing",
}  # fmt: skip
SQUARE_PICTURE = "Square picture for posts"  # "ការ៉េ" is right for a picture, not for a code


def test_khmer_words_that_were_rejected_stay_out() -> None:
    said = {text: str(message.id) for message in catalogue("km") if message.id for text in strings_of(message)}
    wrong = [(bad, instead, text) for text in said for bad, instead in REJECTED.items() if bad in text]
    assert wrong == []
    assert [text for text, of in said.items() if "ការ៉េ" in text and of != SQUARE_PICTURE] == []
    assert [text for text in said if re.search(r"[\u1780-\u17ff]\s?:", text)] == [], "Khmer labels end in ៖"


def test_khmer_is_khmer() -> None:
    latin_is_right = {"QR", "JSON"}
    for message in catalogue("km"):
        if message.id and str(message.id) not in latin_is_right:
            assert all(re.search(r"[\u1780-\u17ff]", said) for said in strings_of(message)), message.id


PLACES = Many("{number} place left", "{number} places left")


def test_a_number_takes_its_form() -> None:
    said = {number: translate("en", PLACES, number=number) for number in (0, 1, 2)}
    assert said == {0: "0 places left", 1: "1 place left", 2: "2 places left"}
    assert translate("en", PLACES, number="១") == "១ place left"  # whichever digits the reader chose
    assert translate("km", PLACES, number=1) == translate("km", PLACES, number=5).replace("5", "1")


def test_a_language_of_six_forms_is_one_more_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(catalogues.LOCALE_DIR, tmp_path, dirs_exist_ok=True)
    arabic = Catalog(locale="ar", charset="utf-8", fuzzy=False)
    arabic.add((PLACES.one, str(PLACES)), tuple(f"f{form} {{number}}" for form in range(6)))
    arabic.add("Left", "خرج", context="gate")
    with (tmp_path / "ar.po").open("wb") as file:
        write_po(file, arabic)
    monkeypatch.setattr(catalogues, "LOCALE_DIR", tmp_path)
    for cached in (catalogues.languages, catalogues.catalogue, catalogues.forms):
        cached.cache_clear()
    try:
        assert languages() == ("km", "ar", "en")
        numbers = (0, 1, 2, 3, 100, 11)
        assert [translate("ar", PLACES, number=each) for each in numbers] == [
            f"f{n} {x}" for n, x in enumerate(numbers)
        ]
        assert set(catalogues.forms("ar", PLACES)) == {"zero", "one", "two", "few", "many", "other"}
        assert (translate("ar", "Left", context="gate"), translate("ar", "Left")) == ("خرج", "Left")
    finally:
        for cached in (catalogues.languages, catalogues.catalogue, catalogues.forms):
            cached.cache_clear()


def test_whatever_happens_has_a_sentence() -> None:
    assert set(KINDS) == set(Kind)
    assert {told.sentence for told in KINDS.values()} <= {message.id for message in MESSAGES}
