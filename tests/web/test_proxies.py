"""Behind nginx and Caddy as our recipes set them up: who asks is who asks, and what is cheap to send ends there."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.proxies import PATHS, through
from tests.served import Served
from tests.world import PASSWORD

ELSEWHERE, FORGED = "127.0.5.1", "203.0.113.9"
pytestmark = pytest.mark.slow


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest) -> str:
    if shutil.which(request.param, path=PATHS) is None:
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path / "data") as bon:
        bon.env["BON_TRUSTED_PROXIES"] = "127.0.0.1"
        bon.staff()
        yield bon.start()


async def test_the_right_address_arrives_and_a_forged_one_does_not(proxy: str, served: Served, tmp_path: Path) -> None:
    with through(proxy, served, tmp_path) as port:
        transport = httpx.AsyncHTTPTransport(local_address=ELSEWHERE)
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, transport=transport, timeout=20) as client:
            typed = {"email": "korea@bon.example", "password": PASSWORD}
            headers = {"x-forwarded-for": FORGED, "sec-fetch-site": "same-origin"}
            answer = await client.post("/desk/login", data=typed, headers=headers)
            assert answer.status_code == 303, answer.text
            account = await client.get("/desk/account?lang=en")
            assert "127.0.5.0/24" in account.text
            assert "203.0.113." not in account.text
            assert "127.0.0.0/24" not in account.text


async def test_what_is_too_large_ends_at_the_proxy(proxy: str, served: Served, tmp_path: Path) -> None:
    with through(proxy, served, tmp_path) as port:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            with contextlib.suppress(httpx.HTTPError):  # Caddy hangs up while the rest is being sent
                answer = await client.post("/api/v1/events", content=b"x" * 17 * 1024 * 1024)
                assert answer.status_code == 413
                assert "x-bon" not in answer.headers  # it is not our answer
            assert (await client.get("/readyz")).status_code == 200


async def test_half_a_head_ends_at_the_proxy(proxy: str, served: Served, tmp_path: Path) -> None:
    with through(proxy, served, tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: bon.example\r\nx-slow: ")
        await writer.drain()
        said = b""
        with contextlib.suppress(ConnectionResetError):  # as nginx ends it
            said = await asyncio.wait_for(reader.read(), 20)  # the recipe gives it ten seconds
        assert b"x-bon" not in said
        writer.close()
