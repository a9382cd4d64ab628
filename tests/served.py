"""The real server in processes of its own, for tests that kill it, overload it or open it in a browser."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

from tests.world import PASSWORD, SECRET

ROOT = Path(__file__).parent.parent
BON = [sys.executable, "-c", "from app.cli import main; main()"]


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """`bon serve` on a free port, with an attaché of Korea and one of Japan and their tokens."""

    def __init__(self, folder: Path, database_url: str = "", port: int = 0) -> None:
        self.port = port or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("BON_")}
        self.env |= {"BON_DATA_DIR": str(folder), "BON_SECRET": SECRET, "BON_BASE_URL": self.base}
        if database_url:
            self.env["BON_DATABASE_URL"] = database_url
        self.process: subprocess.Popen[str] | None = None
        self.token = ""
        self.root = ROOT  # the checkout that is served
        self.log: int | IO[str] = subprocess.DEVNULL  # where its log goes

    def bon(self, *words: str, text: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of `bon` to its end."""
        return subprocess.run(
            [*BON, *words],
            env=self.env,
            cwd=self.root,
            input=text,
            capture_output=True,
            text=True,
            check=check,
            timeout=120,
        )

    def staff(self, name: str = "korea", country: str = "KR") -> str:
        """An attaché with a posting; returns a token."""
        email = f"{name}@bon.example"
        self.bon(
            "account", "add", "--role", "attache", "--email", email, "--name", name, "--password-stdin", text=PASSWORD
        )
        self.bon("posting", "add", "--email", email, "--host-country", country)
        return self.bon("token", "add", "--email", email).stdout.split()[-1]

    def start(self, *words: str) -> Self:
        self.process = subprocess.Popen(
            [*BON, "serve", "--port", str(self.port), *words],
            env=self.env,
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            start_new_session=True,
        )
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.base}/readyz", timeout=2).status_code == 200:
                    return self
            except httpx.HTTPError:
                if self.process.poll() is not None:
                    raise RuntimeError("the server ended") from None
            time.sleep(0.05)
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """SIGKILL to every process of the server at once, as a power cut would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """Ask it to stop; returns the exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(30)
        self.process = None
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
