"""`bon serve` as processes: whoever is killed leaves nobody behind, and the log is there without being asked for."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.served import BON, ROOT, Served

pytestmark = pytest.mark.slow


def gone(port: int) -> bool:
    """Whether nobody answers any more, within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except httpx.HTTPError:
            return True
        time.sleep(0.1)
    return False


def test_a_killed_master_leaves_nobody_who_holds_the_port(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        served.start("--workers", "2")
        assert served.process is not None
        os.kill(served.process.pid, signal.SIGKILL)
        served.process.wait()
        assert gone(served.port)
        served.start()  # the port is free again
        assert httpx.get(f"{served.base}/readyz").status_code == 200


def test_each_request_is_a_line_of_json_by_default_and_none_where_that_is_wished(tmp_path: Path) -> None:
    for level, wanted in (("", True), ("warning", False)):
        with Served(tmp_path) as served:
            served.env |= {"BON_LOG": level}
            process = subprocess.Popen(
                [*BON, "serve", "--port", str(served.port)],
                env=served.env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            try:
                until = time.monotonic() + 30
                answer = None
                while answer is None and time.monotonic() < until:
                    try:
                        answer = httpx.get(f"{served.base}/en/korea/?secret=12345", timeout=5)
                    except httpx.HTTPError:
                        time.sleep(0.1)
                assert answer is not None
            finally:
                process.terminate()
            _, said = process.communicate(timeout=30)
            lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
            found = [line for line in lines if line.get("request") == answer.headers["x-request-id"]]
            assert bool(found) is wanted, said
            assert "12345" not in said
            if wanted:
                assert (found[0]["status"], found[0]["method"], found[0]["level"]) == (200, "GET", "info")


def test_metrics_add_up_what_every_process_answered(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        served.start("--workers", "2")
        for _ in range(40):
            httpx.get(f"{served.base}/en/korea/")  # a connection each, so that both processes have some
        told = {httpx.get(f"{served.base}/metrics").text for _ in range(6)}
        assert len(list(tmp_path.glob("counts.*"))) == 1
        served.kill()
        served.start()
        assert len(list(tmp_path.glob("counts.*"))) == 1  # what the killed one left is gone
        counts = {
            float(line.rsplit(" ", 1)[1])
            for text in told
            for line in text.splitlines()
            if line.startswith("bon_request_seconds_count{") and 'route="/{language}/{slug}",status="200"' in line
        }
        assert counts == {40.0}


def test_working_only_stops_cleanly(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        served.bon("migrate")
        process = subprocess.Popen(
            [*BON, "serve"], env={**served.env, "BON_WORKER": "only"}, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert "works in the background" in process.stdout.readline()
        time.sleep(0.5)
        process.terminate()
        assert process.wait(timeout=20) == 0
