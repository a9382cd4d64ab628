"""A language is one catalogue; digits and host languages are settings of a page's address."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.i18n import catalogues as i18n
from tests.messages import catalogue
from tests.world import World


@pytest.fixture
def thai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue more, as a translator would add it."""
    for path in i18n.LOCALE_DIR.glob("*.po"):
        (tmp_path / path.name).write_text(path.read_text())
    text = (tmp_path / "en.po").read_text().replace('"Language: en\\n"', '"Language: th\\n"')
    assert catalogue("en").get("Register")
    text = text.replace('msgid "Register"\nmsgstr "Register"', 'msgid "Register"\nmsgstr "ลงทะเบียน"')
    (tmp_path / "th.po").write_text(text)
    monkeypatch.setattr(i18n, "LOCALE_DIR", tmp_path)
    for kept in (i18n.languages, i18n.catalogue):
        kept.cache_clear()
    yield
    monkeypatch.undo()
    for kept in (i18n.languages, i18n.catalogue):
        kept.cache_clear()


@pytest.mark.usefixtures("thai")
async def test_a_catalogue_makes_a_language(world: World) -> None:
    event = await world.event(title={"km": "បុណ្យ", "th": "งานปีใหม่เขมร"})
    async with world.stranger as client:
        page = (await client.get(f"/th/events/{event['slug']}")).text
        assert '<html lang="th" dir="ltr">' in page
        assert "ลงทะเบียน" in page
        assert "งานปีใหม่เขมร" in page
        khmer = (await client.get(f"/km/events/{event['slug']}")).text
        assert f'href="/th/events/{event["slug"]}" hreflang="th" lang="th"' in khmer
        assert ">ไทย<" in khmer.replace("\n", "").replace(" ", "") or "ไทย" in khmer
        assert (await client.get("/calendars/th/khmer-festivals-korea.ics")).status_code == 200
        front = await client.get("/", headers={"accept-language": "th-TH,th;q=0.9"})
        assert front.headers["location"] == "/th/"


async def test_khmer_digits_are_a_setting_of_the_page(world: World) -> None:
    event = await world.event(starts_at="2030-04-14T09:00", ends_at="2030-04-14T17:00", capacity=25)
    async with world.stranger as client:
        plain = (await client.get(f"/km/events/{event['slug']}")).text.replace("<wbr>", "")
        khmer = (await client.get(f"/km/events/{event['slug']}?digits=khmer")).text.replace("<wbr>", "")
        english = (await client.get(f"/en/events/{event['slug']}?digits=khmer")).text
    assert "ទី 14 ខែមេសា ឆ្នាំ 2030" in plain
    assert "ទី ១៤ ខែមេសា ឆ្នាំ ២០៣០" in khmer
    assert "នៅសល់ ២៥ កន្លែង" in khmer
    assert "09:00–17:00" in khmer  # times, numbers to call and codes stay as they are dialled
    assert 'href="tel:1297"' in khmer
    assert f'href="/km/events/{event["slug"]}/register?digits=khmer"' in khmer
    assert "14 April 2030" in english


async def test_the_form_keeps_khmer_digits_in_the_page_that_follows(world: World) -> None:
    event = await world.event()
    async with world.browser() as client:
        form = (await client.get(f"/km/events/{event['slug']}/register?digits=khmer")).text
        nonce = re.search(r'name="nonce" value="([^"]+)"', form)
        assert nonce
        answer = await client.post(
            f"/km/events/{event['slug']}/register", data={"nonce": nonce[1], "name": "ដារ៉ា", "party": "២"}
        )
        assert answer.status_code == 303
        party = (await client.get(f"{answer.headers['location']}?digits=khmer")).text.replace("<wbr>", "")
    assert "អ្នកមាន ២ កន្លែង" in party


async def test_texts_in_the_host_countrys_language(world: World) -> None:
    event = await world.event(
        title={"km": "បុណ្យចូលឆ្នាំ", "en": "New Year", "ko": "캄보디아 설날"}, description={"km": "ក", "ko": "환영합니다"}
    )
    async with world.stranger as client:
        page = (await client.get(f"/en/events/{event['slug']}")).text
        assert '<a href="?text=ko" lang="ko" hreflang="ko">한국어</a>' in page
        korean = (await client.get(f"/en/events/{event['slug']}?text=ko")).text
        assert '<span lang="ko" dir="ltr">캄보디아 설날</span>' in korean
        assert '<div lang="ko" dir="ltr"><p>환영합니다</p></div>' in korean
        assert "Register" in korean
        nothing = (await client.get(f"/en/events/{event['slug']}?text=xx")).text
        assert "<h1>New Year</h1>" in nothing


async def test_a_picked_text_says_which_language_it_is(world: World) -> None:
    event = await world.event(title={"km": "បុណ្យចូលឆ្នាំ"})
    async with world.stranger as client:
        page = (await client.get(f"/en/events/{event['slug']}")).text.replace("<wbr>", "")
    assert '<h1><span lang="km" dir="ltr">បុណ្យចូលឆ្នាំ</span></h1>' in page


@pytest.mark.parametrize("tag", ["xx", "zz-ZZ", "zh-TW"])
async def test_a_made_up_language_breaks_no_page(world: World, tag: str) -> None:
    event = await world.event(title={"km": "បុណ្យ", tag: "x"}, venue={tag: "Somewhere"})
    async with world.stranger as client:
        for path in ("", "/register", "/card.jpg"):
            assert (await client.get(f"/km/events/{event['slug']}{path}")).status_code == 200
