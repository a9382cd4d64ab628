"""Settings: one sentence for whatever is wrong; README lists them all; the secret is made once, safely."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.security import keyring
from app.settings import OPTIONS, SettingsError, read

README = (Path(__file__).parent.parent.parent / "README.md").read_text()


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.env)
def test_every_setting_is_in_the_readme_with_its_default(option: object) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `{option.env}` |")), "")  # type: ignore[attr-defined]
    assert row
    assert f"`{option.default}`" in row or not option.default  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"BON_BASE_URL": "bon.example.org"}, "BON_BASE_URL"),
        ({"BON_BASE_URL": "http://bon.example.org"}, "https"),
        ({"BON_BASE_URL": "https://bon.example.org/path"}, "without a path"),
        ({"BON_BASE_URL": "https://bon.example.org:99999"}, "BON_BASE_URL"),
        ({"BON_DATABASE_URL": "mysql://x/y"}, "BON_DATABASE_URL"),
        ({"BON_DATABASE_URL": "sqlite:///"}, "BON_DATABASE_URL"),
        ({"BON_RETENTION_DAYS": "soon"}, "BON_RETENTION_DAYS"),
        ({"BON_RETENTION_DAYS": "0"}, "from 1 to 365"),
        ({"BON_TRUSTED_PROXIES": "10.0.0.0/99"}, "BON_TRUSTED_PROXIES"),
        ({"BON_SECRET_FILE": "/nowhere/at/all"}, "cannot be read"),
    ],
)
def test_wrong_settings_are_named(environ: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read(environ)


def test_secrets_come_from_files_too(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("f" * 40 + "\n")
    assert read({"BON_SECRET_FILE": str(tmp_path / "secret")}).secret == "f" * 40


def test_addresses_of_databases() -> None:
    assert read({"BON_DATABASE_URL": "sqlite:////srv/bon.sqlite"}).sqlite_path == Path("/srv/bon.sqlite")
    assert read({"BON_DATA_DIR": "/srv"}).sqlite_path == Path("/srv/bon.sqlite")
    assert read({"BON_DATABASE_URL": "postgresql://u:p@h:5/n"}).sqlite_path is None


def test_the_secret_is_made_once_however_many_start_together(tmp_path: Path) -> None:
    settings = read({"BON_DATA_DIR": str(tmp_path / "var")})
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: keyring.load(settings).key("seal"), range(16)))
    assert len(keys) == 1
    file = tmp_path / "var" / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "var") == ["secret"]


def test_an_empty_secret_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    with pytest.raises(SettingsError, match="empty"):
        keyring.load(read({"BON_DATA_DIR": str(tmp_path)}))
