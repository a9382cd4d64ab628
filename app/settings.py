"""The settings: one table of environment variables, read once, checked, and shown by `bon doctor`."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

HERE = Path(__file__).parent
CHECKOUT = HERE.parent
STATIC = HERE / "static"
TEMPLATES = next(path for path in (CHECKOUT / "templates", HERE / "_bundled" / "templates") if path.is_dir())
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SettingsError(Exception):
    """A setting that cannot be used; the text is one sentence for the operator."""


class Option(msgspec.Struct, frozen=True):
    """One environment variable: name, default, meaning; a `secret` is hidden and may come as NAME_FILE."""

    env: str
    default: str
    help: str
    secret: bool = False


OPTIONS = (
    Option(
        "BON_DATABASE_URL",
        "",
        "`sqlite:///PATH` (an absolute path makes four slashes) or `postgresql://user:password@host:port/name`; "
        "empty means `bon.sqlite` in the data folder",
        secret=True,
    ),
    Option("BON_DATA_DIR", "var", "folder for the SQLite file and the secret; the default lies in the checkout"),
    Option("BON_BASE_URL", "http://127.0.0.1:8000", "the address people reach Bon at, printed into every ticket"),
    Option(
        "BON_SECRET",
        "",
        "keyring `id:secret[,id:secret]`, the newest first, or one plain secret of at least 32 characters; "
        "empty means the file `secret` in the data folder, made by the first command that needs it",
        secret=True,
    ),
    Option(
        "BON_BACKUP_PASSPHRASE",
        "",
        "what opens the backups that `bon backup` makes: at least 16 characters, and nothing of BON_SECRET",
        secret=True,
    ),
    Option("BON_RETENTION_DAYS", "14", "days after an event until names and addresses are erased (1–365)"),
    Option("BON_TRUSTED_PROXIES", "", "addresses or networks, separated by commas, whose X-Forwarded-For is believed"),
    Option("BON_WORKER", "auto", "`auto`: serves and works in the background; `off`: only serves; `only`: only works"),
    Option("BON_READ_ONLY", "off", "`on`: nothing is changed and nothing works in the background, as data move"),
    Option(
        "BON_LOG",
        "info",
        "lines of JSON on standard error: `info` with each request, `warning` only what is wrong or turned away",
    ),
    Option("BON_SMTP_URL", "", "`smtp+starttls://` (`smtps://`, `smtp://`) and `user:password@host:port`", secret=True),
    Option("BON_MAIL_FROM", "", "the sender of e-mails, such as `Bon <bon@example.org>`; needed for e-mail"),
    Option("BON_TELEGRAM_TOKEN", "", "token of a Telegram bot: letters go out by Telegram", secret=True),
    Option("BON_TELEGRAM_API", "https://api.telegram.org", "where the Bot API is, for one of your own"),
    Option("BON_TELEGRAM_UPDATES", "polling", "`polling` works everywhere; `webhook` if Bon is reached from outside"),
    Option("BON_SMS_URL", "", "gateway with `{phone}`, `{text}`, `{id}`; `post+https://…` sends a form", secret=True),
    Option("BON_SMS_PRICE", "", "what a part of an SMS costs, such as `0.05 USD`; shown before sending"),
    Option("BON_PUSH_CONTACT", "", "`mailto:` or `https:` address of the operator: letters go to browsers by web push"),
    Option("BON_PUSH_HOSTS", "", "push services beside those of Google, Mozilla, Apple and Microsoft, by commas"),
    Option("BON_WEBHOOK_HOSTS", "", "hosts of webhooks that may be private and without TLS, by commas"),
    Option("BON_METRICS_TOKEN", "", "bearer token of `/metrics`; without, only this machine reads them", secret=True),
    Option("BON_SENTRY_DSN", "", "a Sentry-compatible service, told of failures: kind and lines of code", secret=True),
)

LEAST_PASSPHRASE = 16
SWITCHES = ("off", "on")
LEVELS = ("info", "warning")
WORKERS = ("auto", "off", "only")
SMTP_SCHEMES = ("smtp", "smtp+starttls", "smtps")


class Channels(msgspec.Struct, frozen=True):
    """How messages may go out; "" where a channel is not set up."""

    smtp_url: str = ""
    mail_from: str = ""
    telegram_token: str = ""
    telegram_api: str = ""
    telegram_webhook: bool = False
    sms_url: str = ""
    sms_price: tuple[float, str] | None = None
    push_contact: str = ""
    push_hosts: tuple[str, ...] = ()
    webhook_hosts: tuple[str, ...] = ()


class Settings(msgspec.Struct, frozen=True):
    """Checked settings; `secret` is "" when it lies in the data folder."""

    database_url: str
    data_dir: Path
    base_url: str
    secret: str
    retention_days: int
    trusted_proxies: tuple[str, ...]
    worker: str = "auto"
    metrics_token: str = ""
    sentry_dsn: str = ""
    backup_passphrase: str = ""
    secret_file: str = ""
    read_only: bool = False
    log: str = "info"
    channels: Channels = Channels()

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    @property
    def sqlite_path(self) -> Path | None:
        """The file of the embedded database, or None on PostgreSQL."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.database_url.startswith("sqlite:") else None


def read(environ: Mapping[str, str]) -> Settings:
    """Read and check every option; raises SettingsError naming the first wrong one."""
    values = {option.env: _value(option, environ) for option in OPTIONS}
    data_dir = Path(values["BON_DATA_DIR"])
    if not environ.get("BON_DATA_DIR") and (CHECKOUT / "pyproject.toml").exists():
        data_dir = CHECKOUT / data_dir  # the same folder from wherever `bon` is called
    return Settings(
        database_url=_database_url(values["BON_DATABASE_URL"], data_dir),
        data_dir=data_dir,
        base_url=_base_url(values["BON_BASE_URL"]),
        secret=values["BON_SECRET"],
        retention_days=_whole("BON_RETENTION_DAYS", values["BON_RETENTION_DAYS"], 1, 365),
        trusted_proxies=_networks(values["BON_TRUSTED_PROXIES"]),
        worker=_one_of("BON_WORKER", values["BON_WORKER"], WORKERS),
        metrics_token=values["BON_METRICS_TOKEN"],
        sentry_dsn=_dsn(values["BON_SENTRY_DSN"]),
        read_only=_one_of("BON_READ_ONLY", values["BON_READ_ONLY"], SWITCHES) == "on",
        log=_one_of("BON_LOG", values["BON_LOG"], LEVELS),
        secret_file=environ.get("BON_SECRET_FILE", ""),
        backup_passphrase=_passphrase(values["BON_BACKUP_PASSPHRASE"], values["BON_SECRET"]),
        channels=_channels(values),
    )


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like settings of ours and are none: a slip of the pen, or meant for another release."""
    known = {option.env for option in OPTIONS} | {f"{option.env}_FILE" for option in OPTIONS if option.secret}
    return sorted(name for name in environ if name.startswith("BON_") and name not in known)


def _value(option: Option, environ: Mapping[str, str]) -> str:
    file = environ.get(f"{option.env}_FILE", "")
    if file and option.secret:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{option.env}_FILE: {file} cannot be read ({error.strerror}).") from error
    if file:
        raise SettingsError(f"{option.env}_FILE is not offered; set {option.env} itself.")
    return environ.get(option.env, "").strip() or option.default


def _database_url(value: str, data_dir: Path) -> str:
    if not value:
        return f"sqlite:///{data_dir / 'bon.sqlite'}"
    parts = urlsplit(value)
    if value.startswith("sqlite:///") and len(value) > len("sqlite:///"):
        return value
    try:
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        port_fits = False
    if parts.scheme == "postgresql" and parts.path.strip("/") and port_fits:
        return value
    raise SettingsError("BON_DATABASE_URL must be sqlite:///PATH or postgresql://user:password@host:port/name.")


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    try:
        port_fits = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        port_fits = False
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_fits:
        raise SettingsError(f"BON_BASE_URL: {value!r} is not an address such as https://bon.example.org.")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise SettingsError(f"BON_BASE_URL: {value!r} must be a scheme and a host only, without a path.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsError(f"BON_BASE_URL: {value!r} must begin with https:// (http is for loopback only).")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _channels(values: Mapping[str, str]) -> Channels:
    smtp, sender = values["BON_SMTP_URL"], values["BON_MAIL_FROM"]
    if smtp and not _is_address(smtp, SMTP_SCHEMES):
        raise SettingsError("BON_SMTP_URL must be smtp://, smtp+starttls:// or smtps://user:password@host:port.")
    if smtp and "@" not in sender:
        raise SettingsError("BON_MAIL_FROM: e-mail needs a sender, such as Bon <bon@example.org>.")
    if any(not each.isprintable() for each in sender):
        raise SettingsError("BON_MAIL_FROM must be one line.")
    api = values["BON_TELEGRAM_API"].rstrip("/")
    if not _is_address(api, ("http", "https")):
        raise SettingsError(f"BON_TELEGRAM_API: {api!r} is not an address such as https://api.telegram.org.")
    sms = values["BON_SMS_URL"]
    if sms and not (_is_address(sms.removeprefix("post+"), ("http", "https")) and "{phone}" in sms and "{text}" in sms):
        raise SettingsError("BON_SMS_URL must be an http(s) address that holds {phone} and {text}.")
    contact = values["BON_PUSH_CONTACT"]
    if contact and not contact.startswith(("mailto:", "https://")):
        raise SettingsError("BON_PUSH_CONTACT must begin with mailto: or https://.")
    updates = _one_of("BON_TELEGRAM_UPDATES", values["BON_TELEGRAM_UPDATES"], ("polling", "webhook"))
    return Channels(
        smtp_url=smtp,
        mail_from=sender,
        telegram_token=values["BON_TELEGRAM_TOKEN"],
        telegram_api=api,
        telegram_webhook=updates == "webhook",
        sms_url=sms,
        sms_price=_price(values["BON_SMS_PRICE"]),
        push_contact=contact,
        push_hosts=_listed(values["BON_PUSH_HOSTS"]),
        webhook_hosts=_listed(values["BON_WEBHOOK_HOSTS"]),
    )


def _listed(value: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in value.split(",") if each.strip())


def _is_address(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _price(value: str) -> tuple[float, str] | None:
    amount, _, currency = value.partition(" ")
    if not value:
        return None
    try:
        price = float(amount)
    except ValueError:
        price = -1.0
    if not 0 <= price < 1_000_000 or not currency.strip():
        raise SettingsError(f"BON_SMS_PRICE: {value!r} must be an amount and a currency, such as 0.05 USD.")
    return price, currency.strip()


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise SettingsError(f"{name}: {value!r} must be one of {', '.join(known)}.")
    return value


def _whole(name: str, value: str, low: int, high: int) -> int:
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise SettingsError(f"{name}: {value!r} must be a whole number from {low} to {high}.")
    return int(value)


def _dsn(value: str) -> str:
    parts = urlsplit(value)
    if value and not (
        parts.scheme in {"http", "https"} and parts.username and parts.hostname and parts.path.strip("/")
    ):
        raise SettingsError(
            "BON_SENTRY_DSN is an address such as https://key@errors.example.org/1, as the service shows."
        )
    return value


def _passphrase(value: str, secret: str) -> str:
    if value and len(value) < LEAST_PASSPHRASE:
        raise SettingsError(f"BON_BACKUP_PASSPHRASE needs at least {LEAST_PASSPHRASE} characters: take several words.")
    if value and (value in secret or (secret and secret in value)):
        raise SettingsError("BON_BACKUP_PASSPHRASE must be nothing of BON_SECRET: whoever learns one would have both.")
    return value


def _networks(value: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in value.split(",") if part.strip())
    for part in found:
        try:
            ip_network(part)
        except ValueError as error:
            raise SettingsError(f"BON_TRUSTED_PROXIES: {part!r} is no address or network.") from error
    return found
