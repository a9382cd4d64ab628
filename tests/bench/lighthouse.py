"""Lighthouse on the worker's pages as a mid-range phone on slow 4G (simulated): the median of five runs each.

`python -m tests.bench.lighthouse` starts Bon with demo data. It takes Lighthouse from npm, which asks for Node 22.19 or
newer (the development environment brings one).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from tests.browser.chromium import CHROMIUM, FLAGS
from tests.served import Served

LIGHTHOUSE = "lighthouse@13.5.0"
RUNS = 5
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
BIN = Path(sys.executable).parent


def scores(address: str, folder: Path) -> dict[str, float]:
    """One run: category → score of 100."""
    target = folder / "report.json"
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "CHROME_PATH": CHROMIUM}
    flags = " ".join((*FLAGS, "--headless=new"))
    command = ["npm", "exec", "--yes", LIGHTHOUSE, "--", address, "--output=json", f"--output-path={target}", "--quiet"]
    for _ in range(3):  # on a busy machine Chromium now and then does not come up in time
        command_line = [*command, f"--chrome-flags={flags}"]
        if subprocess.run(command_line, env=env, check=False, cwd=folder, capture_output=True).returncode == 0:
            break
    report = json.loads(target.read_text())
    return {name: 100 * (report["categories"][name]["score"] or 0) for name in CATEGORIES}


def main() -> None:
    """Print a table: page, then the median of each category."""
    with tempfile.TemporaryDirectory() as name, Served(Path(name)) as served:
        served.bon("demo")
        served.start()
        events = httpx.get(f"{served.base}/api/v1/events?host_country=KR&festival=khmer_new_year").json()["items"]
        event = events[0]
        party = httpx.post(
            f"{served.base}/api/v1/events/{event['slug']}/registrations", json={"name": "Dara", "party": 2}
        ).json()
        pages = {
            "welcome": "/km/",
            "country": "/km/korea/",
            "event": f"/km/events/{event['slug']}",
            "party (noindex)": f"/km/r/{party['key']}",
        }
        print(f"{'':18}" + "".join(f"{category:>16}" for category in CATEGORIES))
        for page, path in pages.items():
            runs = [scores(f"{served.base}{path}", Path(name)) for _ in range(RUNS)]
            medians = [statistics.median(run[category] for run in runs) for category in CATEGORIES]
            print(f"{page:18}" + "".join(f"{median:16.0f}" for median in medians), flush=True)


if __name__ == "__main__":
    main()
