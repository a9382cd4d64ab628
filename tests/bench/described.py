"""Schemathesis against the API's own description: `python -m tests.bench.described [postgres] [examples=100]`.

Whatever it makes up, and follows by the description's links, must be answered as described and never by a 5xx. It does
not judge whether odd values are taken: numbers may come as text, in Khmer digits too. Nor whether what was deleted is
gone: a party that gave up its places is still read, as cancelled, and can take that back.
"""

import re
import subprocess
import sys

import httpx

from tests.bench.__main__ import bench_server
from tests.world import festival

LEFT_OUT = "negative_data_rejection,positive_data_acceptance,unsupported_method,missing_required_header"
LEFT_OUT += ",use_after_free"


def asked(base: str, token: str, only: str, examples: str, phases: str) -> tuple[int, bool]:
    """How many calls were made of the operations that match, and whether all were answered as described."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{base}/api/openapi.json"]
    command += ["--header", f"Authorization: Bearer {token}", "--include-path-regex", only]
    command += ["--max-examples", examples, "--exclude-checks", LEFT_OUT, "--no-color"]
    command += ["--phases", phases]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    many = re.search(r"(\d+) generated", ran.stdout)
    if ran.returncode:
        print(ran.stdout[-6000:], ran.stderr[-2000:])
    return int(many[1]) if many else 0, ran.returncode == 0


def main() -> None:
    """Ask as an attaché, then as a gate's phone, and print how many calls there were."""
    examples = next((word.split("=")[1] for word in sys.argv if word.startswith("examples=")), "100")
    with bench_server() as served:
        with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as api:
            slug = api.post("/api/v1/events", json=festival()).json()["slug"]
            api.post(f"/api/v1/events/{slug}/publish")
            phone = api.post(f"/api/v1/events/{slug}/gate-devices", json={"label": "North", "phones": 1}).json()
        plain = "examples,coverage,fuzzing"  # nothing makes anything at a gate that another call would need
        for token, only, phases in (
            (served.token, "^/api/v1/", f"{plain},stateful"),
            (phone["token"], "^/gate/", plain),
        ):
            many, fine = asked(served.base, token, only, examples, phases)
            print(f"{only}: {many} calls, {'all as described' if fine else 'NOT as described'}", flush=True)


if __name__ == "__main__":
    main()
