"""The frame: errors, headers, limits, languages, health."""

import json

import pytest

from app.database.connection import fetch
from app.validation.refusals import Refused
from app.validation.sentences import SENTENCES
from app.web.headers import POLICY
from app.web.limits import Fence
from tests.world import World


async def test_every_answer_carries_the_headers(world: World) -> None:
    event = await world.event()
    async with world.stranger as client:
        for method, path in (
            ("GET", "/km/"),
            ("GET", "/nowhere/at/all"),
            ("PUT", "/km/"),
            ("GET", "/desk"),
            ("GET", "/api/v1/events"),
            ("GET", f"/km/events/{event['slug']}/register"),
            ("GET", "/calendars/km/khmer-festivals-korea.ics"),
            ("POST", "/api/v1/events"),
        ):
            answer = await client.request(method, path)
            assert answer.headers["content-security-policy"] == POLICY, path
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert "cache-control" in answer.headers
    assert "unsafe" not in POLICY


async def test_errors_are_pages_for_people_and_problems_for_programs(world: World) -> None:
    async with world.stranger as client:
        page = await client.get("/en/nowhere/")
        assert page.headers["content-type"].startswith("text/html")
        assert "There is nothing at this address." in page.text
        khmer = await client.get("/nowhere/x/y", headers={"accept-language": "km"})
        assert 'lang="km"' in khmer.text
        problem = await client.get("/api/v1/events/nothing")
        assert problem.headers["content-type"] == "application/problem+json"
        assert set(problem.json()) >= {"type", "title", "status", "detail", "code", "errors"}
        told = await client.get("/api/v1/events/nothing?lang=km")
        assert "រកមិនឃើញ" in told.json()["detail"]
        wrong = await client.post("/api/v1/host-countries")
        assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
        assert "GET" in wrong.headers["allow"]


async def test_a_failure_of_ours_is_500_without_details(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise RuntimeError("the secret name Chanthou")

    monkeypatch.setattr("app.directory.api.countries", broken)
    async with world.stranger as client:
        answer = await client.get("/api/v1/host-countries")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "Chanthou" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY


async def test_failures_are_logged_without_what_was_in_them(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("Chanthou")

    monkeypatch.setattr("app.registrations.actions.register_once", broken)
    event = await world.event()
    async with world.stranger as client:
        answer = await client.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "Chanthou"})
    assert answer.status_code == 500
    line = json.loads(caplog.records[-1].message)
    assert (line["route"], line["kind"]) == ("/api/v1/events/{slug}/registrations", "ValueError")
    assert "Chanthou" not in caplog.text


async def test_bodies_have_a_limit(world: World) -> None:
    event = await world.event()
    async with world.api("korea") as client:
        answer = await client.post("/api/v1/events", content=b"x" * (600 * 1024))
        assert (answer.status_code, answer.json()["code"]) == (413, "too_much")
    async with world.browser() as client:
        answer = await client.post(f"/en/events/{event['slug']}/register", content=b"name=" + b"x" * (600 * 1024))
        assert answer.status_code == 413
        assert "too much" in answer.text


async def test_a_flood_is_told_when_to_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.registrations.api.REGISTERING", Fence(rate=60, burst=3))
    event = await world.event()
    async with world.stranger as client:
        answers = [
            await client.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "x"}) for _ in range(5)
        ]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429]
    assert answers[-1].headers["retry-after"] == "1"


def test_a_factory_that_shares_one_address_is_not_kept_out() -> None:
    from app.web.limits import REGISTERING

    for _ in range(3_000):
        REGISTERING.pass_or_refuse("198.51.100.7", "factory")


def test_a_fence_lets_through_what_it_says() -> None:
    fence = Fence(rate=60, burst=2)
    fence.pass_or_refuse("a")
    fence.pass_or_refuse("a")
    fence.pass_or_refuse("b")
    with pytest.raises(Refused) as refused:
        fence.pass_or_refuse("a")
    assert refused.value.facts["seconds"] == 1


async def test_the_front_page_follows_the_visitors_language(world: World) -> None:
    async with world.stranger as client:
        for header, language in (
            (None, "km"),
            ("en-GB,en;q=0.9", "en"),
            ("ko,fr;q=0.8", "km"),
            ("fr, en;q=0.1, km;q=0", "en"),
            (";;q=x,,", "km"),
        ):
            client.headers["accept-language"] = header or ""
            answer = await client.get("/")
            assert answer.headers["location"] == f"/{language}/", header
            assert answer.headers["vary"] == "accept-language"


async def test_staff_pages_remember_their_language(world: World) -> None:
    async with world.desk("korea") as client:
        client.headers["accept-language"] = "en"
        assert "Events" in (await client.get("/desk")).text
        assert "កម្មវិធី" in (await client.get("/desk?lang=km")).text
        assert "កម្មវិធី" in (await client.get("/desk")).text


async def test_liveness_and_readiness(world: World) -> None:
    async with world.stranger as client:
        assert (await client.get("/healthz")).text == "ok\n"
        assert (await client.get("/readyz")).status_code == 200
        await fetch("ALTER TABLE key_check RENAME TO lost")  # a database of an older release lacks tables
        last = (await fetch("SELECT id, name, app_name FROM migration ORDER BY id DESC LIMIT 1"))[0]
        await fetch("DELETE FROM migration WHERE id = $1", last["id"])
        try:
            waiting = await client.get("/readyz")
            assert (waiting.status_code, waiting.text) == (503, "migrations are pending\n")
            assert (await client.head("/healthz")).status_code == 200
        finally:
            await fetch("ALTER TABLE lost RENAME TO key_check")
            await fetch("INSERT INTO migration (name, app_name) VALUES ($1, $2)", last["name"], last["app_name"])


@pytest.mark.parametrize(
    "path", ["/api/v1/events", "/en/", "/en/r/nothing", "/gate/api/scans", "/desk/logout", "/desk/events/x/edit"]
)
async def test_which_methods_an_address_has_is_told_to_anybody(world: World, path: str) -> None:
    async with world.client(sec_fetch_site="cross-site") as client:
        answer = await client.options(path)
    assert answer.status_code == 204
    assert "OPTIONS" in answer.headers["allow"]
    assert await fetch("SELECT * FROM throttle") == []


async def test_nothing_is_loaded_from_third_parties(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    async with world.desk("korea") as client:
        for path in (
            "/km/",
            "/km/korea/",
            f"/km/events/{event['slug']}",
            f"/km/r/{party['key']}",
            "/desk",
            f"/desk/events/{event['slug']}/gate",
            "/gate",
        ):
            page = (await client.get(path)).text
            assert ' style="' not in page
            assert "<script>" not in page
            for attribute in ('src="http', 'srcset="http', 'rel="stylesheet" href="http'):
                assert attribute not in page, path


def test_every_refusal_has_a_status_and_a_sentence() -> None:
    assert all(400 <= status < 600 and text.endswith((".", "?")) for status, text in SENTENCES.values())


async def test_odd_addresses_numbers_and_times_are_refused_calmly(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    gate = await world.gate(event)
    async with world.desk("korea") as desk, world.api("korea") as api, world.phone(gate["token"]) as phone:
        for path in (
            "/api/v1/events/x%00y",
            "/en/events/x%00",
            "/e/%00",
            "/en/x%00",
            "/calendars/en/khmer-festivals-%00.ics",
            "/desk/events/new?copy=%00",
            "/desk/events/ខ្មែរ",
            "/en/r/%0d%0aSet-Cookie:x",
            f"/en/r/{party['key']}/²².png",
            f"/en/r/{party['key']}/{'9' * 4000}.png",
        ):
            assert (await desk.get(path)).status_code == 404, path
        form = {
            "host_country": "KR",
            "pickup_points.abc.name": "x",
            "pickup_points.².name": "y",
            "all_day": "on",
            "ends_on": "9999-12-31",
        }
        assert (await desk.post("/desk/events/new", data=form)).status_code == 422
        assert (await desk.post("/desk/login", data={"email": "a\x00b", "password": "x"})).status_code == 422
        cursor = "MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSAwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA"
        assert (await api.get(f"/api/v1/events?cursor={cursor}")).status_code == 422
        for start in ("9999-12-31T00:00", "0001-01-01T00:00"):
            assert (await api.post(f"/api/v1/events/{event['slug']}/copy", json={"starts_at": start})).status_code in {
                201,
                422,
            }
        late = {"if-modified-since": "Fri, 31 Dec 999999 00:00:00 GMT"}
        assert (await desk.get("/calendars/en/khmer-festivals-korea.ics", headers=late)).status_code in {200, 304}
        scan = {"nonce": "n", "code": party["tickets"][0]["code"], "scanned_at": "1901-01-01T00:00:00Z"}
        answer = await phone.post("/gate/api/scans", json={"sent_at": "8999-01-01T00:00:00Z", "scans": [scan]})
        assert answer.json()["results"][0]["outcome"] == "admitted"
    async with world.browser(bon_gate=gate["token"]) as volunteer:
        typed = {"nonce": "m", "code": party["tickets"][0]["code"], "numbers": f"²,{'9' * 5000}"}
        assert (await volunteer.post("/gate", data=typed)).status_code == 200


async def test_a_redirect_to_log_in_is_well_formed(world: World) -> None:
    async with world.stranger as client:
        answer = await client.get("/desk/events/ខ្មែរ")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/login?next=/desk/events/%E1%9E")


async def test_only_a_trusted_proxy_may_say_who_asks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    from app.database.connection import fetch

    trusted = msgspec.structs.replace(world.settings, trusted_proxies=("127.0.0.1",))
    event = await world.event()
    forwarded = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.9")]
    for settings, seen in ((trusted, "203.0.113.0/24"), (world.settings, "127.0.0.0/24")):
        monkeypatch.setattr(world.app.state, "settings", settings)
        for anybody in (world.api("korea"), world.stranger):
            async with anybody as client:
                client.headers = [*client.headers.raw, *forwarded]  # type: ignore[assignment]
                await client.post(f"/api/v1/events/{event['slug']}/gate-devices", json={"label": "North"})
                await client.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "x"})
        last = "SELECT address FROM audit_entry WHERE action = $1 ORDER BY at DESC LIMIT 1"
        assert (await fetch(last, "gate_paired"))[0]["address"] == seen
        assert (await fetch(last, "registered"))[0]["address"] == ""  # where workers are is nobody's business
