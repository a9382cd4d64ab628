"""The command line: help that reads like a manual, one sentence for each failure, demo data once."""

import os
import re
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.served import BON, ROOT, Served, free_port
from tests.world import PASSWORD

pytestmark = pytest.mark.slow


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BON_")}
    return subprocess.run(
        [*BON, *words],
        env={**clean, "BON_DATA_DIR": str(folder), **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_command(tmp_path: Path) -> None:
    text = run(tmp_path, "--help").stdout
    for command in ("serve", "migrate", "demo", "doctor", "purge", "account", "posting", "token"):
        assert re.search(rf"^\s+{command}\s+\w", text, re.MULTILINE), command


def test_a_first_start_serves_demo_data_and_a_second_keeps_it(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        served.start("--demo")
        process = served.process
        page = httpx.get(f"{served.base}/km/korea/").text
        assert "ស៊ូវ៉ុន" in page
        served.stop()
        assert process is not None
        assert process.stdout is not None
        first = process.stdout.read()
        passwords = dict(re.findall(r"(\w+)@bon\.example\s+(\S+)", first))
        assert set(passwords) == {"hq", "korea", "japan"}
        began = time.monotonic()
        served.start("--demo")
        assert time.monotonic() - began < 10
        with httpx.Client(base_url=served.base) as client:
            answer = client.post("/desk/login", data={"email": "korea@bon.example", "password": passwords["korea"]})
            assert answer.status_code == 303
            client.cookies.update(answer.cookies)
            assert "Suwon" in client.get("/desk?lang=en").text
            gate = re.search(r"http\S+/gate/pair/\S+", first)
            assert gate
            assert client.get(gate.group(0)).status_code == 200
        again = served.process
        served.stop()
        assert again is not None
        assert again.stdout is not None
        assert "Demo log-ins" not in again.stdout.read()
        assert "All is well." in served.bon("doctor").stdout


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = run(tmp_path, "serve", "--port", str(port))
    assert done.returncode == 1
    assert re.fullmatch(rf"bon: Port {port} on 127.0.0.1 cannot be used .*\n", done.stderr)


def test_a_damaged_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bon.sqlite").write_bytes(b"this is no database, only words" * 100)
    done = run(tmp_path, "migrate")
    assert done.returncode == 1
    assert re.fullmatch(r"bon: .*bon\.sqlite cannot be used as a database .*\n", done.stderr), done.stderr


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file" / "var", "migrate")
    assert done.returncode == 1
    assert done.stderr.startswith("bon: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"BON_BASE_URL": "nowhere"}, "BON_BASE_URL"),
        ({"BON_SECRET": "short"}, "32 characters"),
        ({"BON_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "PostgreSQL server"),
    ],
)
def test_a_broken_setting_is_one_sentence(tmp_path: Path, env: dict[str, str], words: str) -> None:
    done = run(tmp_path, "doctor", **env)
    assert done.returncode == 1
    assert re.fullmatch(rf"bon: .*{words}.*\n", done.stderr), done.stderr


def test_a_misspelt_setting_is_a_warning_of_the_doctor(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", BON_BASE_ULR="https://bon.example.org")
    assert done.returncode == 0
    assert "BON_BASE_ULR is not a setting" in done.stdout


def test_the_doctor_warns_of_a_proxy_that_nobody_declared(tmp_path: Path) -> None:
    secret = "0:" + "z" * 40
    for declared, warned in (("", True), ("127.0.0.1", False)):
        done = run(
            tmp_path, "doctor", BON_BASE_URL="https://bon.example", BON_SECRET=secret, BON_TRUSTED_PROXIES=declared
        )
        assert ("BON_TRUSTED_PROXIES is empty" in done.stdout) is warned


def test_another_secret_than_the_databases_is_noticed(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        served.bon("demo")
        assert served.bon("doctor").returncode == 0
        served.env["BON_SECRET"] = "0:" + "z" * 40
        for command in ("doctor", "serve"):
            done = served.bon(command, check=False)
            assert done.returncode == 1
            assert "Put back BON_SECRET" in done.stderr
        served.env["BON_SECRET"] = "1:" + "n" * 40 + ",0:" + "t" * 40
        assert served.bon("doctor").returncode == 0


def test_the_database_file_is_private(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        served.bon("migrate")
    assert (tmp_path / "bon.sqlite").stat().st_mode & 0o077 == 0


def test_accounts_postings_and_tokens(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        token = served.staff()
        assert "korea@bon.example  attache  KR" in served.bon("account", "list").stdout
        listed = served.bon("token", "list").stdout
        assert token not in listed
        assert "revoked" in served.bon("token", "revoke", listed.split()[0]).stdout
        assert "revoked" in served.bon("token", "list").stdout
        served.bon("token", "add", "--email", "korea@bon.example", "--name", "website", "--days", "30")
        assert re.search(r"website  made \S+  never used  until \d", served.bon("token", "list").stdout)
        served.bon("posting", "end", "--email", "korea@bon.example", "--host-country", "kr")
        for words, sentence in (
            (("posting", "end", "--email", "korea@bon.example", "--host-country", "KR"), "no posting"),
            (("posting", "add", "--email", "nobody@x.example", "--host-country", "KR"), "no account"),
            (("token", "revoke", "x"), "token list"),
            (("token", "add", "--email", "korea@bon.example", "--days", "-1"), "without end"),
            (("account", "disable", "--email", "nobody@x.example"), "no account"),
        ):
            done = served.bon(*words, check=False)
            assert done.returncode == 1
            assert sentence in done.stderr
        weak = served.bon(
            "account",
            "add",
            "--role",
            "hq",
            "--email",
            "x",
            "--name",
            "",
            "--password-stdin",
            text="short",
            check=False,
        )
        assert weak.returncode == 1
        assert "email:" in weak.stderr
        assert "12 characters" in weak.stderr


def test_an_account_is_replaced_only_when_asked_and_a_lost_second_factor_is_forgotten(tmp_path: Path) -> None:
    again = ("account", "add", "--role", "hq", "--email", "korea@bon.example", "--name", "Sok", "--password-stdin")
    with Served(tmp_path) as served:
        served.staff()
        refused = served.bon(*again, text=PASSWORD, check=False)
        assert refused.returncode == 1
        assert "--replace" in refused.stderr
        assert "korea@bon.example  attache" in served.bon("account", "list").stdout
        served.bon(*again, "--replace", text=PASSWORD)
        assert "korea@bon.example  hq" in served.bon("account", "list").stdout
        served.bon("account", "reset-second-factor", "--email", "korea@bon.example")
        unknown = served.bon("account", "reset-second-factor", "--email", "nobody@x.example", check=False)
        assert unknown.returncode == 1
        assert "no account" in unknown.stderr


def test_the_doctor_hides_secrets_and_finds_a_miscount(tmp_path: Path) -> None:
    import sqlite3

    with Served(tmp_path) as served:
        served.bon("demo")
        healthy = served.bon("doctor")
        assert served.env["BON_SECRET"] not in healthy.stdout
        with sqlite3.connect(tmp_path / "bon.sqlite") as database:
            database.execute("UPDATE event SET seats_taken = seats_taken + 1 WHERE slug = 'khmer-new-year-in-suwon'")
        sick = served.bon("doctor", check=False)
        assert sick.returncode == 1
        assert "khmer-new-year-in-suwon" in sick.stdout


def test_purging_erases_after_the_retention_time(tmp_path: Path) -> None:
    import sqlite3

    with Served(tmp_path) as served:
        served.bon("demo")
        with sqlite3.connect(tmp_path / "bon.sqlite") as database:
            database.execute(
                "UPDATE event SET ends_at = '2020-04-11 08:00:00+00:00', starts_at = '2020-04-11 00:00:00+00:00'"
                " WHERE slug = 'khmer-new-year-in-suwon'"
            )
            parties = database.execute(
                "SELECT count(*) FROM registration JOIN event ON event.id = event"
                " WHERE slug = 'khmer-new-year-in-suwon'"
            ).fetchone()[0]
        assert f"{parties} parties would be erased" in served.bon("purge", "--dry-run").stdout
        with sqlite3.connect(tmp_path / "bon.sqlite") as database:
            # the clock jumped: nobody ran Bon for months, or this machine is wrong
            database.execute(
                "INSERT INTO heartbeat (name, at, waits) VALUES ('running', '2020-04-12 00:00:00+00:00', 0)"
            )
        asked = served.bon("purge", check=False)
        assert (asked.returncode, "--yes" in asked.stdout, "were erased" in asked.stdout) == (1, True, False)
        assert "is the clock right?" in served.bon("doctor").stdout
        assert f"{parties} parties were erased" in served.bon("purge", "--yes").stdout
        with sqlite3.connect(tmp_path / "bon.sqlite") as database:
            database.execute("DELETE FROM heartbeat")
        assert "0 parties were erased" in served.bon("purge").stdout
        with sqlite3.connect(tmp_path / "bon.sqlite") as database:
            left = database.execute("SELECT count(*) FROM registration WHERE sealed_name <> ''").fetchone()[0]
            kept = database.execute(
                "SELECT count(*) FROM ticket JOIN event ON event.id = event WHERE slug = 'khmer-new-year-in-suwon'"
            ).fetchone()[0]
        assert left > 0
        assert kept >= parties
        assert served.bon("doctor").returncode == 0
