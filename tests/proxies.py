"""Real proxies before a served Bon, set up as docs/proxy says, without their TLS."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.served import ROOT, Served, free_port

PATHS = "/usr/sbin:/usr/bin:/usr/local/bin"  # where Debian has them
RECIPES = ROOT / "docs" / "proxy"


@contextmanager
def through(proxy: str, served: Served, folder: Path) -> Iterator[int]:
    """The port to come by: that of the proxy of our recipe, without its TLS, or Bon's own."""
    if not proxy:
        yield served.port
        return
    port, recipe = free_port(), RECIPES / {"nginx": "nginx.conf", "caddy": "Caddyfile"}[proxy]
    text = recipe.read_text().replace("127.0.0.1:8000", f"127.0.0.1:{served.port}")
    if proxy == "nginx":
        text = re.sub(r"ssl_\w+ [^;]+;", "", text).replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
        command = [
            shutil.which("nginx", path=PATHS) or "nginx",
            "-c",
            str(folder / "proxy"),
            "-g",
            f"daemon off; pid {folder}/pid;",
        ]
    else:
        text = text.replace("bon.example {", f"http://127.0.0.1:{port} {{").replace(
            "{\n\tservers", "{\n\tadmin off\n\tservers", 1
        )
        command = ["caddy", "run", "--config", str(folder / "proxy"), "--adapter", "caddyfile"]
    (folder / "proxy").write_text(text)
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                    break
            time.sleep(0.1)
        yield port
    finally:
        running.terminate()
        running.wait(20)
