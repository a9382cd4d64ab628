"""A session that ended while a form was open takes nothing that was typed."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from app.database.connection import fetch
from app.security.passwords import hash_password
from tests.world import PASSWORD, World

EMAIL = "korea@bon.example"
TYPED = {"title.km": "កឋិន <b>", "title.en": 'Kathina "at" Osan', "venue": "Wat Osan", "capacity": "many"}


async def over() -> None:
    """Every session has ended; Korea's attaché has a password to log in anew."""
    await fetch("UPDATE account SET password_hash = $1 WHERE email = $2", await hash_password(PASSWORD), EMAIL)
    await fetch("UPDATE session SET expires_at = $1", datetime.now(UTC) - timedelta(seconds=1))


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {unescape(name): unescape(text) for name, text in found}


async def log_in(client: Any, kept: str) -> Any:
    return await client.post(
        "/desk/login?lang=en", data={"email": EMAIL, "password": PASSWORD, "next": "/desk", "kept": kept}
    )


async def test_what_was_typed_is_sent_again_after_logging_in(world: World) -> None:
    await over()
    async with world.desk("korea") as desk:
        answer = await desk.post("/desk/events/new?lang=en", data=TYPED)
        assert answer.status_code == 401
        assert "What you typed is kept" in answer.text
        kept = hidden(answer.text)["kept"]
        wrong = await desk.post(
            "/desk/login?lang=en", data={"email": "korea@bon.example", "password": "no", "kept": kept}
        )
        assert hidden(wrong.text)["kept"] == kept  # a wrong password does not lose it either
        again = await log_in(desk, kept)
        assert again.status_code == 200
        assert 'action="/desk/events/new"' in again.text
        assert hidden(again.text) == TYPED
        saved = await desk.post("/desk/events/new?lang=en", data=hidden(again.text))
        assert saved.status_code == 422  # the capacity is no number; all the rest is there
        assert 'value="Kathina &#34;at&#34; Osan"' in saved.text


async def test_only_what_our_own_page_sent_is_kept_and_only_for_our_desk(world: World) -> None:
    await over()
    async with world.client(sec_fetch_site="cross-site", cookie=f"bon-session={world.sessions['korea']}") as elsewhere:
        answer = await elsewhere.post("/desk/events/new", data=TYPED)
        assert answer.status_code == 303
    async with world.desk("korea") as desk:
        for forged in (
            "{",
            '{"path": "https://evil.example/desk", "typed": {"a": "b"}}',
            '{"path": "/km/", "typed": {"a": "b"}}',
        ):
            assert (await log_in(desk, forged)).status_code == 303


async def test_passwords_are_not_kept_and_a_stranger_keeps_nothing(world: World) -> None:
    await over()
    async with world.desk("korea") as desk:
        answer = await desk.post("/desk/account", data={"old_password": "secret-1", "name": "Dara"})
        assert "secret-1" not in answer.text
    async with world.browser() as stranger:
        assert (await stranger.post("/desk/events/new", data=TYPED)).status_code == 303
