"""The wheel is whole: built, unpacked far from the checkout, it serves pages, the gate's scanner and prints."""

import re
import subprocess
import sys
import time
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx
import pytest

from tests.served import ROOT, free_port
from tests.world import SECRET

pytestmark = pytest.mark.slow


def unused() -> list[str]:
    """Modules of the packages that the lock for running leaves out."""
    (line,) = re.findall(r"^UNUSED := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    packages = set(line.split())
    owners = packages_distributions().items()
    found = [module for module, of in owners if packages.intersection(map(str.lower, of))]
    assert len(found) >= len(packages)
    return found


def test_an_installed_wheel_serves_everything(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), "."]
    subprocess.run(build, cwd=ROOT, check=True, timeout=120)
    (wheel,) = tmp_path.glob("bon-*.whl")
    place = tmp_path / "site"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(place)
    # every process of it does without what the lock leaves out
    blocked = f"import sys; sys.modules.update(dict.fromkeys({unused()}))\n"
    (place / "sitecustomize.py").write_text(blocked)
    port = free_port()
    env = {
        "PYTHONPATH": str(place), "PATH": "/usr/bin:/bin", "BON_DATA_DIR": str(tmp_path / "data"),
        "BON_SECRET": SECRET, "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    bon = [sys.executable, "-P", "-c", "import app.cli; app.cli.main()"]
    asked = [sys.executable, "-P", "-c", "import app; print(app.__file__)"]
    assert subprocess.check_output(asked, env=env, cwd=tmp_path, text=True).startswith(str(place))
    refused = [sys.executable, "-P", "-c", "import faker"]
    assert subprocess.run(refused, env=env, stderr=subprocess.PIPE, check=False).returncode == 1
    everything = (
        "import app, importlib, pkgutil\n"
        "for each in pkgutil.walk_packages(app.__path__, 'app.'): importlib.import_module(each.name)"
    )
    subprocess.run([sys.executable, "-P", "-c", everything], env=env, cwd=tmp_path, check=True, timeout=60)
    serve = [*bon, "serve", "--demo", "--port", str(port)]
    process = subprocess.Popen(serve, env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        base, until = f"http://127.0.0.1:{port}", time.monotonic() + 90
        while True:
            try:
                if httpx.get(f"{base}/readyz", timeout=2).status_code == 200:
                    break
            except httpx.HTTPError:
                assert process.poll() is None, process.communicate()[1][-2000:]
                assert time.monotonic() < until
                time.sleep(0.2)
        with httpx.Client(base_url=base, timeout=30) as client:
            country = client.get("/km/korea/")
            assert country.status_code == 200
            gate = client.get("/gate/")
            assert gate.status_code in {200, 303, 401}, gate.text[:300]
            assert client.get("/desk/login").status_code == 200
            assert client.get("/calendars/km/khmer-festivals-korea.ics").text.startswith("BEGIN:VCALENDAR")
            assets = {part.split('"')[0] for part in country.text.split('href="/static/')[1:]}
            assert assets
            for each in assets:
                assert client.get(f"/static/{each}").status_code == 200, each
    finally:
        process.terminate()
        process.wait(timeout=30)
