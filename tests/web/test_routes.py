"""Every route: the stranger, the other country's attaché, an expired session, a gate device, HQ."""

from datetime import timedelta
from typing import Any

import pytest

from app.activity.record import OPERATOR
from app.directory.actions import add_contact
from app.directory.shapes import ContactDraft
from models.states import ContactKind
from tests.world import World

# method, path, then the status for: stranger, attaché of Japan, expired session, gate device, HQ, attaché of Korea.
# The event is Korea's. Desk rows are asked by cookie, API rows by bearer token.
PUBLIC = (200,) * 6
ROWS: list[tuple[str, str, tuple[int, ...]]] = [
    ("GET", "/", (303,) * 6),
    ("GET", "/km/", PUBLIC),
    ("GET", "/en/korea/", PUBLIC),
    ("GET", "/en/korea/subscribe", PUBLIC),
    ("GET", "/en/korea/contacts", PUBLIC),
    ("GET", "/en/korea/contacts.vcf", PUBLIC),
    ("GET", "/en/help", PUBLIC),
    ("GET", "/en/privacy", PUBLIC),
    ("GET", "/en/how", PUBLIC),
    ("GET", "/en/tickets", PUBLIC),
    ("GET", "/en/card.jpg", PUBLIC),
    ("GET", "/en/korea/card.jpg", PUBLIC),
    ("GET", "/en/korea/contacts.jpg", PUBLIC),
    ("GET", "/en/events/{slug}/directions", (303,) * 6),
    ("GET", "/km/events/{slug}/card.jpg", PUBLIC),
    ("GET", "/pictures/{key}.jpg", (404,) * 6),
    ("GET", "/en/korea/events.rss", PUBLIC),
    ("GET", "/km/events/{slug}", PUBLIC),
    ("GET", "/km/events/{slug}/register", PUBLIC),
    ("POST", "/km/events/{slug}/register", (422,) * 6),
    ("GET", "/e/{slug}", (303,) * 6),
    ("GET", "/km/r/{key}", PUBLIC),
    ("GET", "/km/r/{key}/calendar.ics", PUBLIC),
    ("GET", "/km/r/{key}/1.png", PUBLIC),
    ("GET", "/km/r/{key}/1.svg", PUBLIC),
    ("GET", "/km/r/{key}/1", PUBLIC),
    ("GET", "/km/r/{key}/all.png", PUBLIC),
    ("GET", "/km/r/{key}/tickets.pdf", PUBLIC),
    ("GET", "/km/r/{key}x/tickets.pdf", (404,) * 6),
    ("GET", "/km/r/{key}/9.png", (404,) * 6),
    ("POST", "/km/r/{key}/change", (303,) * 6),
    ("POST", "/km/r/{key}x/change", (404,) * 6),
    ("POST", "/km/r/{key}/hand-on", (422,) * 6),
    ("POST", "/km/r/{key}x/hand-on", (404,) * 6),
    ("GET", "/sw.js", PUBLIC),
    ("GET", "/km/r/{key}/reach", PUBLIC),
    ("GET", "/km/r/{key}x/reach", (404,) * 6),
    ("POST", "/km/r/{key}/reach", (404,) * 6),
    ("POST", "/km/r/{key}x/reach", (404,) * 6),
    ("GET", "/km/reach/{key}", (404,) * 6),
    ("POST", "/km/reach/{key}", (404,) * 6),
    ("POST", "/hooks/telegram/{key}", (404,) * 6),
    ("GET", "/km/r/{key}x", (404,) * 6),
    ("POST", "/km/r/{key}x/give-up", (404,) * 6),
    ("POST", "/km/r/{key}x/erase", (404,) * 6),
    ("POST", "/km/r/{key}/give-up", (303,) * 6),
    ("POST", "/km/r/{key}/erase", (303,) * 6),
    ("GET", "/T/{code}", PUBLIC),
    ("GET", "/t/{code}", PUBLIC),
    ("GET", "/calendars/km/khmer-festivals-korea.ics", PUBLIC),
    ("GET", "/calendars/km/events/{slug}.ics", PUBLIC),
    ("GET", "/healthz", PUBLIC),
    ("GET", "/readyz", PUBLIC),
    ("GET", "/metrics", PUBLIC),
    ("GET", "/static/{asset}", PUBLIC),
    ("GET", "/gate", (200,) * 6),
    ("POST", "/gate", (401, 401, 401, 303, 401, 401)),
    ("POST", "/gate/walk-ins", (401, 401, 401, 303, 401, 401)),
    ("POST", "/gate/unpair", (401, 401, 401, 303, 401, 401)),
    ("GET", "/gate/pair/{pair}", PUBLIC),
    ("POST", "/gate/pair/{pair}", (303,) * 6),
    ("GET", "/gate/pair/{key}", (404,) * 6),
    ("POST", "/gate/api/scans", (401, 401, 401, 422, 401, 401)),
    ("POST", "/gate/api/walk-ins", (401, 401, 401, 422, 401, 401)),
    ("GET", "/gate/api/roster", (401, 401, 401, 200, 401, 401)),
    ("POST", "/gate/api/phone", (401, 401, 401, 200, 401, 401)),
    ("POST", "/gate/api/names", (401, 401, 401, 403, 401, 401)),
    ("GET", "/gate/api/short-codes/{short}", (401, 401, 401, 200, 401, 401)),
    ("GET", "/desk/login", (200, 303, 200, 200, 303, 303)),
    ("POST", "/desk/login", (422,) * 6),
    ("GET", "/desk", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/login/second", (303,) * 6),
    ("POST", "/desk/login/passkey", (404,) * 6),
    ("GET", "/desk/login/passkey", (303,) * 6),
    ("GET", "/desk/login/second", (303,) * 6),
    ("POST", "/desk/account/passkeys/codes", (303, 422, 303, 303, 422, 422)),
    ("GET", "/desk/account/passkeys/codes", (303,) * 6),
    ("GET", "/desk/account/passkeys/new", (303,) * 6),
    ("GET", "/desk/account/passkeys/remove", (303,) * 6),
    ("GET", "/desk/account/tokens", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/account/tokens", (303, 422, 303, 303, 422, 422)),
    ("GET", "/desk/account/tokens/end", (303,) * 6),
    ("POST", "/desk/account/tokens/end", (303, 404, 303, 303, 404, 404)),
    ("GET", "/desk/account/passkeys", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/account/passkeys", (303, 404, 303, 303, 404, 404)),
    ("POST", "/desk/account/passkeys/new", (303, 422, 303, 303, 422, 422)),
    ("POST", "/desk/account/passkeys/remove", (303, 422, 303, 303, 422, 422)),
    ("GET", "/desk/welcome/{key}", (410,) * 6),
    ("POST", "/desk/welcome/{key}", (410,) * 6),
    ("GET", "/desk/account", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/account/password", (303, 422, 303, 303, 422, 422)),
    ("POST", "/desk/account/language", (303, 422, 303, 303, 422, 422)),
    ("POST", "/desk/account/sessions", (303, 404, 303, 303, 404, 404)),
    ("GET", "/desk/account/second", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/account/second", (303, 422, 303, 303, 422, 422)),
    ("GET", "/desk/webhooks", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/webhooks", (303, 422, 303, 303, 422, 422)),
    ("GET", "/desk/webhooks/{key}", (303, 404, 303, 303, 404, 404)),
    ("POST", "/desk/webhooks/{key}", (303, 404, 303, 303, 404, 404)),
    ("GET", "/desk/handover", (303, 200, 303, 303, 403, 200)),
    ("POST", "/desk/handover", (303, 404, 303, 303, 403, 404)),
    ("GET", "/desk/coming", (303, 200, 303, 303, 200, 200)),
    ("GET", "/desk/past", (303, 200, 303, 303, 200, 200)),
    ("GET", "/desk/events/{slug}/audit", (303, 404, 303, 303, 200, 200)),
    ("GET", "/desk/reports", (303, 200, 303, 303, 200, 200)),
    ("GET", "/desk/reports/{pairing}", (303, 404, 303, 303, 404, 404)),
    ("GET", "/desk/events/{slug}/board", (303, 404, 303, 303, 200, 200)),
    ("GET", "/desk/events/{slug}/board/live", (303, 404, 303, 303, 200, 200)),
    ("GET", "/desk/events/{slug}/report.pdf", (303, 404, 303, 303, 200, 200)),
    ("GET", "/desk/events/{slug}/report.xlsx", (303, 404, 303, 303, 200, 200)),
    ("GET", "/desk/events/{slug}/export", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/export", (303, 404, 303, 303, 403, 200)),
    ("GET", "/desk/rights", (303, 200, 303, 303, 200, 200)),
    ("GET", "/desk/accounts", (303, 403, 303, 303, 200, 403)),
    ("POST", "/desk/accounts", (303, 403, 303, 303, 422, 403)),
    ("GET", "/desk/accounts/{pairing}", (303, 403, 303, 303, 404, 403)),
    ("POST", "/desk/accounts/{pairing}", (303, 403, 303, 303, 404, 403)),
    ("GET", "/desk/festivals", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/festivals", (303, 403, 303, 303, 422, 403)),
    ("POST", "/desk/festivals/withdraw", (303, 403, 303, 303, 404, 403)),
    ("GET", "/desk/styleguide", (303, 200, 303, 303, 200, 200)),
    ("GET", "/desk/contacts", (303, 200, 303, 303, 200, 200)),
    ("GET", "/desk/contacts/new", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/contacts/new", (303, 422, 303, 303, 422, 422)),
    ("GET", "/desk/contacts/{contact}", (303, 404, 303, 303, 404, 200)),
    ("POST", "/desk/contacts/{contact}", (303, 404, 303, 303, 404, 422)),
    ("POST", "/desk/contacts/{contact}/checked", (303, 404, 303, 303, 404, 303)),
    ("POST", "/desk/contacts/{pairing}/remove", (303, 404, 303, 303, 404, 404)),
    ("POST", "/desk/contacts/{contact}/remove", (303, 404, 303, 303, 404, 303)),
    ("GET", "/desk/events/{slug}/picture", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/picture", (303, 404, 303, 303, 403, 422)),
    ("POST", "/desk/events/{slug}/picture/remove", (303, 404, 303, 303, 403, 303)),
    ("GET", "/desk/events/{slug}/prints/square.jpg", (303, 404, 303, 303, 200, 200)),
    ("GET", "/km/campaigns/{campaign}", PUBLIC),
    ("GET", "/calendars/km/campaigns/{campaign}.ics", PUBLIC),
    ("GET", "/desk/campaigns", (303, 200, 303, 303, 200, 200)),
    ("GET", "/desk/campaigns/table", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/campaigns/table", (303, 422, 303, 303, 422, 422)),
    ("GET", "/desk/campaigns/{campaign}", (303, 404, 303, 303, 200, 200)),
    ("POST", "/desk/campaigns/{campaign}", (303, 404, 303, 303, 403, 404)),
    ("POST", "/desk/campaigns/{campaign}/name", (303, 404, 303, 303, 403, 422)),
    ("POST", "/desk/campaigns/{campaign}/again", (303, 404, 303, 303, 403, 422)),
    ("GET", "/desk/events/new", (303, 200, 303, 303, 200, 200)),
    ("POST", "/desk/events/new", (303, 422, 303, 303, 422, 422)),
    ("GET", "/desk/events/new?copy={slug}", (303, 404, 303, 303, 200, 200)),
    ("GET", "/desk/events/{slug}", (303, 404, 303, 303, 200, 200)),
    ("GET", "/desk/events/{slug}/edit", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/edit", (303, 404, 303, 303, 403, 422)),
    ("POST", "/desk/events/{slug}/publish", (303, 404, 303, 303, 403, 303)),
    ("POST", "/desk/events/{slug}/cancel", (303, 404, 303, 303, 403, 422)),
    ("POST", "/desk/events/{slug}/delete", (303, 404, 303, 303, 403, 409)),
    ("GET", "/desk/events/{slug}/registrations", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/registrations", (303, 404, 303, 303, 403, 404)),
    ("GET", "/desk/events/{slug}/registrations/new", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/registrations/new", (303, 404, 303, 303, 403, 422)),
    ("GET", "/desk/events/{slug}/paper", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/paper", (303, 404, 303, 303, 403, 422)),
    ("GET", "/desk/events/{slug}/paper/{pairing}", (303, 404, 303, 303, 403, 404)),
    ("GET", "/desk/events/{slug}/registrations/{party}/tickets.pdf", (303, 404, 303, 303, 403, 200)),
    ("GET", "/desk/events/{slug}/registrations/{party}", (303, 404, 303, 303, 403, 200)),
    ("GET", "/desk/events/{slug}/registrations/{pairing}", (303, 404, 303, 303, 403, 404)),
    ("POST", "/desk/events/{slug}/registrations/{party}", (303, 404, 303, 303, 403, 404)),
    ("GET", "/desk/find", (303, 200, 303, 303, 403, 200)),
    ("POST", "/desk/find", (303, 200, 303, 303, 403, 200)),
    ("GET", "/desk/events/{slug}/find", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/find", (303, 404, 303, 303, 403, 200)),
    ("GET", "/desk/events/{slug}/publish", (303, 404, 303, 303, 403, 200)),
    ("GET", "/desk/events/{slug}/preview", (303, 404, 303, 303, 200, 200)),
    ("POST", "/desk/events/{slug}/reinstate", (303, 404, 303, 303, 403, 303)),
    ("POST", "/desk/events/{slug}/undo", (303, 404, 303, 303, 403, 409)),
    ("POST", "/api/v1/events/{slug}/reinstate", (401, 404, 401, 401, 403, 200)),
    ("GET", "/desk/events/{slug}/rushes", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/rushes", (303, 404, 303, 303, 403, 404)),
    ("GET", "/desk/events/{slug}/suspicious", (303, 404, 303, 303, 403, 200)),
    ("GET", "/desk/events/{slug}/messages", (303, 404, 303, 303, 403, 200)),
    ("GET", "/desk/events/{slug}/messages/waits", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/messages/test", (303, 404, 303, 303, 403, 404)),
    ("POST", "/desk/events/{slug}/messages/by-themselves", (303, 404, 303, 303, 403, 303)),
    ("GET", "/desk/events/{slug}/messages/new", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/messages/new", (303, 404, 303, 303, 403, 422)),
    ("GET", "/desk/events/{slug}/messages/opening", (303, 404, 303, 303, 403, 200)),
    ("GET", "/desk/events/{slug}/messages/{pairing}", (303, 404, 303, 303, 403, 404)),
    ("POST", "/desk/events/{slug}/messages/{pairing}/posted", (303, 404, 303, 303, 403, 404)),
    ("POST", "/desk/events/{slug}/messages/{pairing}/stop", (303, 404, 303, 303, 403, 404)),
    ("POST", "/desk/events/{slug}/messages/single/again", (303, 404, 303, 303, 403, 303)),
    ("POST", "/desk/events/{slug}/messages/{pairing}/again", (303, 404, 303, 303, 403, 404)),
    ("GET", "/desk/events/{slug}/invitations", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/invitations", (303, 404, 303, 303, 403, 422)),
    ("POST", "/desk/events/{slug}/invitations/{pairing}/revoke", (303, 404, 303, 303, 403, 404)),
    ("GET", "/desk/events/{slug}/gate", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/gate", (303, 404, 303, 303, 403, 422)),
    ("GET", "/desk/events/{slug}/gate/live", (303, 404, 303, 303, 403, 200)),
    ("POST", "/desk/events/{slug}/gate/conflicts/{pairing}", (303, 404, 303, 303, 403, 404)),
    ("POST", "/desk/events/{slug}/gate/rehearsal", (303, 404, 303, 303, 403, 303)),
    ("POST", "/desk/events/{slug}/gate/handed-over", (303, 404, 303, 303, 403, 422)),
    ("POST", "/desk/events/{slug}/gate/{pairing}x/revoke", (303, 404, 303, 303, 403, 404)),
    ("POST", "/desk/events/{slug}/gate/{pairing}/revoke", (303, 404, 303, 303, 403, 303)),
    ("POST", "/desk/logout", (303, 303, 303, 303, 303, 303)),
    ("GET", "/embed.js", PUBLIC),
    ("GET", "/embed/en/korea", PUBLIC),
    ("GET", "/embed/en/events/{slug}", PUBLIC),
    ("GET", "/oembed", (404,) * 6),
    ("GET", "/en/events/{slug}/qr.svg", PUBLIC),
    ("GET", "/en/korea/qr.svg", PUBLIC),
    ("GET", "/robots.txt", PUBLIC),
    ("GET", "/sitemap.xml", PUBLIC),
    ("GET", "/.well-known/security.txt", PUBLIC),
    ("GET", "/.well-known/change-password", (303,) * 6),
    ("GET", "/en/site.webmanifest", PUBLIC),
    ("GET", "/favicon.ico", PUBLIC),
    ("GET", "/apple-touch-icon.png", PUBLIC),
    ("GET", "/icon-192.png", PUBLIC),
    ("GET", "/icon-512.png", PUBLIC),
    ("GET", "/api", PUBLIC),
    ("GET", "/api/openapi.json", PUBLIC),
    ("GET", "/api/problems/{key}", (404,) * 6),
    ("GET", "/api/v1/host-countries", PUBLIC),
    ("GET", "/api/v1/host-countries/{key}/contacts", (404,) * 6),
    ("GET", "/api/v1/festivals", PUBLIC),
    ("GET", "/api/v1/campaigns", PUBLIC),
    ("GET", "/api/v1/events/{slug}/messages", (401, 404, 401, 401, 403, 200)),
    ("GET", "/api/v1/events/{slug}/scans", (401, 404, 401, 401, 403, 200)),
    ("GET", "/api/v1/events/{slug}/gate-devices", (401, 404, 401, 401, 403, 200)),
    ("GET", "/api/v1/events/{slug}/invitations", (401, 404, 401, 401, 403, 200)),
    ("GET", "/api/v1/events/{slug}/registrations/{pairing}", (401, 404, 401, 401, 403, 404)),
    ("POST", "/api/v1/events/{slug}/invitations", (401, 404, 401, 401, 403, 422)),
    ("DELETE", "/api/v1/events/{slug}/invitations/{pairing}", (401, 404, 401, 401, 403, 404)),
    ("GET", "/api/v1/events", (200, 200, 401, 401, 200, 200)),
    ("POST", "/api/v1/events", (401, 422, 401, 401, 422, 422)),
    ("GET", "/api/v1/events/{slug}", (200, 200, 401, 401, 200, 200)),
    ("PATCH", "/api/v1/events/{slug}", (401, 404, 401, 401, 403, 200)),
    ("POST", "/api/v1/events/{slug}/publish", (401, 404, 401, 401, 403, 200)),
    ("POST", "/api/v1/events/{slug}/undo", (401, 404, 401, 401, 403, 409)),
    ("POST", "/api/v1/events/{slug}/copy", (401, 404, 401, 401, 403, 201)),
    ("DELETE", "/api/v1/events/{slug}", (401, 404, 401, 401, 403, 409)),
    ("GET", "/api/v1/events/{slug}/stats", (401, 404, 401, 401, 200, 200)),
    ("GET", "/api/v1/events/{slug}/report", (401, 404, 401, 401, 200, 200)),
    ("GET", "/api/v1/reports", (401, 200, 401, 401, 200, 200)),
    ("GET", "/api/v1/events/{slug}/registrations", (401, 404, 401, 401, 403, 200)),
    ("POST", "/api/v1/events/{slug}/registrations", (422,) * 6),
    ("POST", "/api/v1/events/{slug}/gate-devices", (401, 404, 401, 401, 403, 422)),
    ("DELETE", "/api/v1/events/{slug}/gate-devices/{pairing}", (401, 404, 401, 401, 403, 204)),
    ("GET", "/api/v1/registrations/{key}", PUBLIC),
    ("GET", "/api/v1/registrations/{key}x", (404,) * 6),
    ("POST", "/api/v1/registrations/{key}x/erase", (404,) * 6),
    ("PATCH", "/api/v1/registrations/{key}", PUBLIC),
    ("PATCH", "/api/v1/registrations/{key}x", (404,) * 6),
    ("POST", "/api/v1/registrations/{key}/tickets/1/hand-on", (422,) * 6),
    ("POST", "/api/v1/registrations/{key}x/tickets/1/hand-on", (404,) * 6),
    ("POST", "/api/v1/registrations/{key}/tickets/1/undo", (409,) * 6),
    ("POST", "/api/v1/registrations/{key}x/tickets/1/undo", (404,) * 6),
    ("DELETE", "/api/v1/registrations/{key}", (204,) * 6),
    ("POST", "/km/r/{key}/undo", (303,) * 6),
    ("POST", "/km/r/{key}x/undo", (404,) * 6),
    ("POST", "/api/v1/registrations/{key}/undo", (409,) * 6),
    ("POST", "/api/v1/registrations/{key}x/undo", (404,) * 6),
    ("POST", "/api/v1/registrations/{key}/erase", PUBLIC),
    ("POST", "/api/v1/events/{slug}/cancel", (401, 404, 401, 401, 403, 200)),
]
PEOPLE = ("stranger", "japan", "expired", "device", "hq", "korea")


def test_the_table_names_every_route(world: World) -> None:
    told = {(method, _shape(path)) for method, path, _ in ROWS}
    there = {
        (method, _shape(route.path))
        for route in world.app.routes
        for method in getattr(route, "methods", ())
        if method not in {"OPTIONS", "HEAD"}
    }
    missing = {row for row in there if row not in told}
    assert not missing


def _shape(path: str) -> str:
    """A path with its parameters left open."""
    words = ("km", "en", "korea", "khmer-festivals-korea.ics", "1.png", "1.svg", "9.png", "all.png", "1", "square.jpg")
    known = dict.fromkeys(words, "*")
    parts = path.split("?", maxsplit=1)[0].strip("/").split("/")
    return "/".join("*" if "{" in part else known.get(part, part) for part in parts)


@pytest.mark.parametrize("person", PEOPLE)
async def test_who_may_do_what(world: World, person: str) -> None:
    event = await world.event(campaign="New Year")
    party = await world.party(event, 2)
    device = await world.gate(event)
    facts = {
        "slug": event["slug"],
        "campaign": "new-year-kr",
        "key": party["key"],
        "short": party["short_code"],
        "code": party["tickets"][0]["code"],
        "pair": device["pair_url"].rsplit("/", 1)[1],
        "pairing": device["id"],
        "asset": (await _asset(world)),
        "contact": await _contact(),
        "party": party["id"],
    }
    wrong = []
    for method, path, answers in ROWS:
        expected = answers[PEOPLE.index(person)]
        api = "/api/" in path and not path.startswith("/gate")
        async with await _client(world, person, device, api=api) as client:
            sent: dict[str, Any] = {"json": {}} if "/api/" in path else {"data": {}}
            answer = await client.request(method, path.format(**facts), **(sent if method != "GET" else {}))
        if answer.status_code != expected:
            wrong.append((method, path, f"answered {answer.status_code}, not {expected}"))
    assert not wrong


async def _contact() -> str:
    """A contact of Korea's."""
    draft = ContactDraft(
        host_country="KR",
        kind=ContactKind.PHONE,
        label={"en": "Attaché"},
        value="1350",
        opening=(),
        latitude=None,
        longitude=None,
        position=1,
    )
    return str(await add_contact(draft, OPERATOR))


async def _asset(world: World) -> str:
    async with world.stranger as client:
        page = await client.get("/km/")
    return page.text.split('href="/static/')[1].split('"')[0]


async def _client(world: World, person: str, device: dict[str, Any], *, api: bool) -> Any:
    if person == "stranger":
        return world.stranger
    if person == "expired":
        from app.accounts.queries import account_by_email

        account = await account_by_email("korea@bon.example")
        assert account is not None
        secret = await world.session(account["id"], -timedelta(seconds=1))
        return world.client(authorization="Bearer expired") if api else world.browser(bon_session=secret)
    if person == "device":
        return world.phone(device["token"]) if api else world.browser(bon_gate=device["token"])
    return world.api(person) if api else world.desk(person)


async def test_what_does_not_exist_is_404_below_every_prefix(world: World) -> None:
    async with world.stranger as client:
        for path in (
            "/desk/nothing",
            "/gate/nothing",
            "/api/nothing",
            "/api/v1/nothing",
            "/calendars/x",
            "/xx/",
            "/km/r",
            "/km/nowhere/",
            "/km/events/nothing",
            "/e/nothing",
            "/static/nothing.css",
            "/calendars/km/nothing.ics",
            "/calendars/xx/khmer-festivals-korea.ics",
            "/calendars/km/khmer-festivals-nowhere.ics",
            "/calendars/km/events/nothing.ics",
            "/fr/korea/",
        ):
            answer = await client.get(path)
            assert answer.status_code == 404, path
            assert "Traceback" not in answer.text
