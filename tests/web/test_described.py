"""The API as it describes itself. What every answer of the whole suite must be is held in `tests/described.py`."""

import re
from typing import Any

import httpx
import jsonschema_rs
import pytest
from litestar.routes import HTTPRoute

from app.site.api import described
from app.validation.sentences import SENTENCES
from app.web.described import TOLD
from tests.described import Judge, closed
from tests.world import World, festival

VERSION_3_1 = re.compile(r"3\.1\.\d+")


def said(world: World) -> dict[str, Any]:
    return described(world.app.routes, world.settings.base_url)


async def test_it_is_served_to_every_site_and_revalidated(world: World) -> None:
    async with world.client(origin="https://association.example") as anybody:
        answer = await anybody.get("/api/openapi.json")
        assert answer.status_code == 200
        assert VERSION_3_1.fullmatch(answer.json()["openapi"])
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.json() == said(world)
        again = await anybody.get("/api/openapi.json", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_every_handler_of_the_api_is_described(world: World) -> None:
    silent = [
        f"{handler.http_methods} {route.path}"
        for route in world.app.routes
        if isinstance(route, HTTPRoute) and re.match(r"/(api/v1|gate/api)/", route.path)
        for handler in route.route_handlers
        if not handler.opt.get(TOLD) and handler.handler_name != "options_handler"
    ]
    assert silent == []


def test_every_shape_is_a_schema_and_every_field_says_what_it_is(world: World) -> None:
    whole = said(world)
    for name, schema in whole["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        assert schema.get("properties") or schema.get("enum") or name == "NoBody", name
    text = str(whole)
    for reference in re.findall(r"#/components/schemas/(\w+)", text):
        assert reference in whole["components"]["schemas"], reference
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"].endswith("."), f"{method} {path}"
            assert all(each["description"] for each in operation["parameters"])


async def test_examples_are_what_is_really_sent(world: World) -> None:
    """A country's programme from end to end, every body as the description has it."""
    paths = said(world)["paths"]

    def example(path: str, method: str = "post") -> Any:
        return paths[path][method]["requestBody"]["content"]["application/json"]["example"]

    event = "/api/v1/events/{slug}"
    async with world.api("korea") as attache, world.stranger as worker:
        made = await attache.post("/api/v1/events", json=example("/api/v1/events"))
        assert made.status_code == 201, made.text
        here = f"/api/v1/events/{made.json()['slug']}"
        assert (await attache.post(f"{here}/publish", json=example(f"{event}/publish"))).status_code == 200
        assert (await attache.patch(here, json=example(event, "patch"))).status_code == 200
        assert (await attache.post(f"{here}/copy", json=example(f"{event}/copy"))).status_code == 201
        leader = await attache.post(f"{here}/invitations", json=example(f"{event}/invitations"))
        assert leader.status_code == 201, leader.text
        party = await worker.post(f"{here}/registrations", json=example(f"{event}/registrations"))
        assert party.status_code == 201, party.text
        mine = f"/api/v1/registrations/{party.json()['key']}"
        friend = await worker.post(
            f"{mine}/tickets/2/hand-on", json=example("/api/v1/registrations/{key}/tickets/{number}/hand-on")
        )
        assert friend.status_code == 201, friend.text
        assert (await worker.patch(mine, json=example("/api/v1/registrations/{key}", "patch"))).status_code == 200
        gate = await attache.post(f"{here}/gate-devices", json=example(f"{event}/gate-devices"))
        assert gate.status_code == 201, gate.text
        async with world.phone(gate.json()["token"]) as phone:
            for path in ("/gate/api/scans", "/gate/api/walk-ins", "/gate/api/phone"):
                answer = await phone.post(path, json=example(path))
                assert answer.status_code == 200, answer.text
        cancelled = await attache.post(f"{here}/cancel", json=example(f"{event}/cancel"))
        assert cancelled.status_code == 200, cancelled.text
        assert cancelled.json()["notice"] == example(f"{event}/cancel")["notice"]


async def test_a_list_is_followed_by_its_link_header(world: World) -> None:
    events = [await world.event() for _ in range(5)]
    found: list[str] = []
    async with world.stranger as client:
        address: str | None = "/api/v1/events?limit=2&host_country=KR"
        while address:
            answer = await client.get(address)
            assert len(answer.json()["items"]) <= 2
            found += [each["slug"] for each in answer.json()["items"]]
            links = answer.links.get("next")
            assert (answer.json()["next"] is None) == (links is None)
            address = links["url"].removeprefix(world.settings.base_url) if links else None
        assert sorted(found) == sorted(each["slug"] for each in events)
        for wrong in ("limit=0", "limit=201", "limit=many", "limits=2", "cursor=x"):
            assert (await client.get(f"/api/v1/events?{wrong}")).status_code == 422, wrong


async def test_lists_of_an_event_come_in_parts_too(world: World) -> None:
    event = await world.event()
    names = [f"Guest {number}" for number in range(5)]
    parties = [await world.party(event, name=name) for name in names]
    device = await world.gate(event)
    for party in parties:
        await world.scan(device, {"code": party["tickets"][0]["code"]})
    async with world.api("korea") as attache:
        here = f"/api/v1/events/{event['slug']}"
        for label in ("B", "C", "D", "E"):
            assert (await attache.post(f"{here}/gate-devices", json={"label": label})).status_code == 201
        for label in "12345":
            await attache.post(f"{here}/invitations", json={"label": label, "party_limit": 40})
        for below, key, expected in (
            ("registrations", "name", names),
            ("scans", "outcome", ["admitted"] * 5),
            ("gate-devices", "label", ["North gate", "B", "C", "D", "E"]),
            ("invitations", "label", ["5", "4", "3", "2", "1"]),
        ):
            seen, address = [], f"{here}/{below}?limit=2"
            while address:
                answer = await attache.get(address)
                assert len(answer.json()["items"]) <= 2
                seen += [each[key] for each in answer.json()["items"]]
                address = answer.links["next"]["url"] if "next" in answer.links else ""
            assert seen == expected
        waiting = await attache.get(f"/api/v1/events/{event['slug']}/registrations?state=waiting")
        assert waiting.json()["items"] == []


async def test_the_waiting_list_tells_who_is_ahead(world: World) -> None:
    event = await world.event(capacity=1)
    await world.party(event, name="First")
    for name in ("Second", "Third"):
        await world.party(event, 2, name=name, accept_waiting=True)
    async with world.api("korea") as attache:
        answer = await attache.get(f"/api/v1/events/{event['slug']}/registrations?state=waiting")
    assert [(each["name"], each["ahead"]) for each in answer.json()["items"]] == [("Second", 0), ("Third", 2)]


async def test_public_reads_are_open_to_pages_of_other_sites_and_nothing_else_is(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    open_ = (
        "/api/v1/events",
        f"/api/v1/events/{event['slug']}",
        "/api/v1/host-countries",
        "/api/v1/host-countries/KR/contacts",
        "/api/v1/festivals",
        "/api/v1/campaigns",
    )
    async with world.client(origin="https://association.example") as site:
        for path in open_:
            answer = await site.get(path)
            assert answer.status_code == 200, answer.text
            assert answer.headers["access-control-allow-origin"] == "*", path
            assert "access-control-allow-credentials" not in answer.headers
        for path in (f"/api/v1/registrations/{party['key']}", "/desk/login", f"/en/r/{party['key']}"):
            assert "access-control-allow-origin" not in (await site.get(path)).headers, path
        asked = {"access-control-request-method": "POST"}
        before = await site.options(f"/api/v1/events/{event['slug']}/registrations", headers=asked)
        assert "POST" not in before.headers.get("access-control-allow-methods", "")


async def test_what_is_left_of_a_limit_is_said(world: World) -> None:
    event = await world.event()
    async with world.stranger as client:
        path = f"/api/v1/events/{event['slug']}/registrations"
        first = await client.post(path, json={"name": "Sok", "party": 1})
        second = await client.post(path, json={"name": "Sok", "party": 1})
    left = [int(re.findall(r"r=(\d+)", answer.headers["ratelimit"])[0]) for answer in (first, second)]
    assert all(5_000 < each < 6_000 for each in left)  # they come back at a hundred a second
    assert "q=6000" in first.headers["ratelimit-policy"]


@pytest.mark.parametrize("language", ["km", "en"])
async def test_the_type_of_a_problem_answers_with_words(world: World, language: str) -> None:
    async with world.client(accept_language=language) as client:
        problem = (await client.get("/api/v1/events/nothing")).json()
        page = await client.get(problem["type"], headers={"accept": "text/html"})
        assert page.status_code == 200
        assert problem["detail"] in page.text.replace("<wbr>", "")
        assert (await client.get("/api/problems/nothing")).status_code == 404
        for code in SENTENCES:
            assert (await client.get(f"/api/problems/{code}")).status_code == 200, code


async def test_the_page_shows_every_operation_and_leads_to_every_problem(world: World) -> None:
    async with world.client(accept_language="en") as client:
        page = (await client.get("/api")).text
    for path, methods in said(world)["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    assert 'href="/api/problems/event_full"' in page
    for reference in re.findall(r'href="#([\w-]+)"', page):
        assert f'id="{reference}"' in page, reference


async def test_the_page_says_how_webhooks_are_signed_and_how_to_embed(world: World) -> None:
    async with world.client(accept_language="en") as client:
        answer = await client.get("/api")
    assert "accept-language" in answer.headers["vary"]
    for words in ("HMAC-SHA256", "webhook-signature", "event.published", "AdmissionNews", "/embed.js", "data-country"):
        assert words in answer.text, words
    ids = re.findall(r' id="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))


async def test_coming_events_and_states_can_be_asked_for(world: World) -> None:
    coming, off = await world.event(), await world.event()
    async with world.api("korea") as attache:
        await attache.post(f"/api/v1/events/{off['slug']}/cancel", json={})
        draft = await world.event(publish=False)

        async def found(query: str) -> list[str]:
            answer = await attache.get(f"/api/v1/events?{query}")
            assert answer.status_code == 200, answer.text
            return sorted(each["slug"] for each in answer.json()["items"])

        assert await found("state=published") == [coming["slug"]]
        assert await found("state=cancelled") == [off["slug"]]
        assert await found("state=draft") == [draft["slug"]]
        assert await found("ends_after=2026-01-01") == sorted(each["slug"] for each in (coming, off, draft))
        assert await found("ends_after=2099-01-01T00:00:00Z") == []
    async with world.stranger as stranger:
        assert (await stranger.get("/api/v1/events?state=draft")).json()["items"] == []


async def test_what_a_webhook_names_can_be_read(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2, name="Sok Dara")
    here = f"/api/v1/events/{event['slug']}"
    async with world.api("korea") as attache, world.api("japan") as other, world.stranger as stranger:
        found = (await attache.get(f"{here}/registrations/{party['id']}")).json()
        assert (found["name"], found["party"]) == ("Sok Dara", 2)
        device = await world.gate(event)
        (result,) = await world.scan(device, {"ticket": f"{found['number']}-2"})
        assert result["outcome"] == "admitted"
        for client, status in ((other, 404), (stranger, 401)):
            assert (await client.get(f"{here}/registrations/{party['id']}")).status_code == status
        for wrong in ("x", event["id"]):
            assert (await attache.get(f"{here}/registrations/{wrong}")).status_code == 404
        made = (await attache.post(f"{here}/invitations", json={"label": "Wat", "party_limit": 40})).json()
        body = {"name": "Leader", "party": 30, "invitation": made["key"]}
        assert (await stranger.post(f"{here}/registrations", json=body)).status_code == 201


async def test_an_invitation_is_made_and_revoked_once(world: World) -> None:
    event = await world.event()
    here = f"/api/v1/events/{event['slug']}/invitations"
    async with world.api("korea") as attache:
        body, key = {"label": "Wat", "party_limit": 40}, {"idempotency-key": "once-and-only-once"}
        first, second = [await attache.post(here, json=body, headers=key) for _ in range(2)]
        assert first.json() == second.json()
        assert len((await attache.get(here)).json()["items"]) == 1
        for _ in range(2):
            assert (await attache.delete(f"{here}/{first.json()['id']}")).status_code == 204
        assert (await attache.get(here)).json()["items"][0]["revoked_at"]


async def test_lists_that_are_whole_take_no_part(world: World) -> None:
    async with world.api("korea") as attache:
        for path in ("host-countries", "host-countries/KR/contacts", "festivals"):
            assert (await attache.get(f"/api/v1/{path}?limit=1")).status_code == 422, path


async def test_campaigns_come_in_parts(world: World) -> None:
    for number in range(5):
        await world.event(campaign=f"Campaign {number}")
    seen: list[str] = []
    async with world.stranger as client:
        address = "/api/v1/campaigns?limit=2"
        while address:
            answer = await client.get(address)
            seen += [each["word"] for each in answer.json()["items"]]
            address = answer.links["next"]["url"] if "next" in answer.links else ""
    assert len(seen) == len(set(seen)) == 5


async def test_festivals_tell_their_source_and_their_lunar_day(world: World) -> None:
    async with world.stranger as client:
        found = (await client.get("/api/v1/festivals?year=2027")).json()["items"]
        assert (await client.get("/api/v1/festivals?year=1066")).status_code == 422
    by_key = {each["key"]: each for each in found}
    assert by_key["visak_bochea"]["lunar"]["en"].startswith("15 waxing Pisakh")
    assert by_key["khmer_new_year"]["confirmed"] is False
    assert by_key["khmer_new_year"]["source"] == ""
    assert by_key["kan_ben_2"]["name"]["en"] == "Ben 2"


def test_a_judge_finds_what_is_not_described(world: World) -> None:
    judge = Judge(world.app)
    request = httpx.Request("GET", f"{world.settings.base_url}/api/v1/festivals")

    def judged(status: int, body: Any, kind: str = "application/json") -> None:
        judge.judge(request, httpx.Response(status, json=body, headers={"content-type": kind}))

    judged(200, {"items": [], "next": None})
    for status, body, kind in (
        (200, {"items": [], "next": None, "more": 1}, "application/json"),
        (200, {"items": [{}], "next": None}, "application/json"),
        (418, {}, "application/json"),
        (200, {"items": [], "next": None}, "text/html"),
    ):
        with pytest.raises(AssertionError):
            judged(status, body, kind)
    problem = {"type": "x", "title": "x", "status": 422, "detail": "x", "code": "event_full", "errors": []}
    with pytest.raises(AssertionError, match="event_full is not described"):
        judged(422, problem, "application/problem+json")


def test_an_object_that_says_its_fields_has_no_others() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}
    assert closed(schema)["properties"]["a"]["additionalProperties"] is False


async def test_an_attache_of_another_country_gets_no_list(world: World) -> None:
    event = await world.event(**festival())
    async with world.api("japan") as other, world.stranger as stranger:
        for below in ("scans", "invitations", "messages", "gate-devices", "registrations"):
            path = f"/api/v1/events/{event['slug']}/{below}"
            assert (await other.get(path)).status_code == 404, below
            assert (await stranger.get(path)).status_code == 401, below


async def test_an_address_tells_every_method_that_it_takes(world: World) -> None:
    async with world.stranger as client:
        for path, methods in said(world)["paths"].items():
            answer = await client.options(re.sub(r"\{\w+\}", "x", path))
            told = set(answer.headers["allow"].split(", ")) - {"OPTIONS", "HEAD"}
            assert told == {method.upper() for method in methods}, path
