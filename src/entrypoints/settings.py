"""What an operator decides before the portal starts, read once from the environment."""

import difflib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from msgspec import Struct
from msgspec.structs import replace
from platformdirs import user_data_path

PREFIX = "PORTAL_"
FROM_FILE = "_FILE"
FOR_TESTS = "PORTAL_TEST_"
SECRETS_FILE = "secret_keys"
DATABASE_FILE = "portal.db"
SHORTEST_KEY = 32

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


class SettingsError(Exception):
    """The environment is wrong. Each line names a variable and the cure."""


class Settings(Struct, frozen=True, kw_only=True):
    """The operator's settings.

    `queue_url` empty means the database's own queue. `log_format` None means what suits
    where the log goes. `public_url` has no slash at its end. What only some programs
    need may be empty here: `serving` and `with_secrets` insist on it.
    """

    data_dir: Path
    database_url: str
    queue_url: str = ""
    public_url: str = ""
    secret_keys: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    smtp_url: str = ""
    mail_from: str = ""
    webhook_allowed_networks: tuple[str, ...] = ()
    log_format: LogFormat | None = None
    log_level: LogLevel = "info"
    time_zone: str = "UTC"
    currency: str = "AUD"
    locale: str = "en"
    embedded: bool = False

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Return the settings of the environment. Raises SettingsError."""
        texts, problems = _texts(environment)
        values: dict[str, Any] = {}
        for name, text in texts.items():
            try:
                values[name.lower()] = _READERS[name](text)
            except ValueError as error:
                problems.append(f"{PREFIX}{name}: {error}")
        if problems:
            raise SettingsError("\n".join(problems))
        return cls(**_with_defaults(values))

    def with_secrets(self) -> "Settings":
        """Return the settings. Raises SettingsError if there are no secret keys."""
        if not self.secret_keys:
            message = (
                "PORTAL_SECRET_KEYS is missing. Set it to a long random text, such as "
                "`python -c 'import secrets; print(secrets.token_urlsafe(32))'` prints."
            )
            raise SettingsError(message)
        return self

    def serving(self) -> "Settings":
        """Return the settings. Raises SettingsError if they do not suffice to serve."""
        if not self.public_url:
            message = (
                "PORTAL_PUBLIC_URL is missing. Set it to the address that people type, "
                "such as https://portal.example.com."
            )
            raise SettingsError(message)
        return self.with_secrets()

    def in_folder(self, data_dir: Path) -> "Settings":
        """Return the settings with another data folder, and what lies in it."""
        default = _database_in(self.data_dir) == self.database_url
        own = self.secret_keys == _kept_secret(self.data_dir)
        return replace(
            self,
            data_dir=data_dir,
            database_url=_database_in(data_dir) if default else self.database_url,
            secret_keys=_kept_secret(data_dir) if own else self.secret_keys,
        )


def embedded(settings: Settings, *, host: str, port: int) -> Settings:
    """Return settings that suffice for everything in one program on one machine.

    Makes the data folder and the secret keys, readable by nobody else, if they are missing.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"[{host}]" if ":" in host else host
    name = "127.0.0.1" if host in {"", "0.0.0.0", "::"} else name  # noqa: S104 - compared, not bound
    return replace(
        settings,
        public_url=settings.public_url or f"http://{name}:{port}",
        secret_keys=settings.secret_keys or (_own_secret(settings.data_dir),),
        embedded=True,
    )


def _own_secret(data_dir: Path) -> str:
    path = data_dir / SECRETS_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept_secret(data_dir)[0]
    key = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
    return key


def _own_database(data_dir: Path) -> str:
    return f"sqlite:///{data_dir / DATABASE_FILE}"


def _with_defaults(values: dict[str, Any]) -> dict[str, Any]:
    data_dir = values.setdefault("data_dir", user_data_path("atrium", appauthor=False))
    values.setdefault("database_url", _database_in(data_dir))
    values.setdefault("secret_keys", _kept_secret(data_dir))
    return values


def _database_in(data_dir: Path) -> str:
    return f"sqlite:///{data_dir / DATABASE_FILE}"


def _kept_secret(data_dir: Path) -> tuple[str, ...]:
    try:
        text = (data_dir / SECRETS_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ()
    return (text,)


def _texts(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the texts by name without prefix, those in files read, and what is wrong."""
    texts: dict[str, str] = {}
    problems: list[str] = []
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable.startswith(FOR_TESTS):
            continue
        name = variable.removeprefix(PREFIX)
        plain = name.removesuffix(FROM_FILE)
        if plain not in _READERS:
            problems.append(f"{variable}: there is no such setting{_nearest(plain)}")
        elif plain in texts or (plain != name and PREFIX + plain in environment):
            problems.append(f"{variable}: set it once, as text or as a file.")
        elif plain == name:
            texts[name] = text.strip()
        else:
            _read_file(variable, plain, Path(text), texts, problems)
    return {name: text for name, text in texts.items() if text}, problems


def _read_file(
    variable: str, name: str, path: Path, texts: dict[str, str], problems: list[str]
) -> None:
    try:
        texts[name] = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        problems.append(f"{variable}: {path} can't be read: {reason}.")


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, _READERS, n=1, cutoff=0.5)
    return f"; did you mean {PREFIX}{near[0]}?" if near else "."


def _database_url(text: str) -> str:
    if not text.startswith(("postgresql://", "sqlite:///")):
        raise ValueError("use postgresql://… or sqlite:///PATH.")
    return text


def _queue_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "postgresql://")):
        raise ValueError("use redis://… or postgresql://….")
    return text


def _public_url(text: str) -> str:
    parts = urlsplit(text.rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise ValueError("use an address such as https://portal.example.com.")
    if parts.path or parts.query or parts.fragment:
        raise ValueError("leave out everything behind the host name and the port.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _secret_keys(text: str) -> tuple[str, ...]:
    keys = _listed(text)
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise ValueError(f"each key needs at least {SHORTEST_KEY} characters.")
    if len(set(keys)) < len(keys):
        raise ValueError("the same key stands there twice.")
    return keys


def _networks(text: str) -> tuple[str, ...]:
    found = []
    for entry in _listed(text):
        try:
            found.append(str(ip_network(entry)))
        except ValueError:
            message = f"“{entry}” is not a network such as 10.0.0.0/8 or 192.0.2.7."
            raise ValueError(message) from None
    return tuple(found)


def _smtp_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname:
        raise ValueError("use smtp://, smtps:// or smtp+starttls:// and a host name.")
    return text


def _mail_from(text: str) -> str:
    if "@" not in text or "\n" in text:
        raise ValueError("use an address such as Atrium <portal@example.com>.")
    return text


def _time_zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("use a name such as Australia/Sydney.")
    return text


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("use a code such as AUD.")
    return text


def _locale(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?", text):
        raise ValueError("use a code such as en or en-AU.")
    return text.replace("_", "-")


def _one_of(literal: Any) -> Callable[[str], str]:
    choices = get_args(literal)

    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"use one of {', '.join(choices)}.")
        return text.lower()

    return read


def _listed(text: str) -> tuple[str, ...]:
    return tuple(entry for part in text.split(",") if (entry := part.strip()))


_READERS: Mapping[str, Callable[[str], Any]] = {
    "DATABASE_URL": _database_url,
    "QUEUE_URL": _queue_url,
    "DATA_DIR": lambda text: Path(text).expanduser().absolute(),
    "PUBLIC_URL": _public_url,
    "SECRET_KEYS": _secret_keys,
    "TRUSTED_PROXIES": _networks,
    "SMTP_URL": _smtp_url,
    "MAIL_FROM": _mail_from,
    "WEBHOOK_ALLOWED_NETWORKS": _networks,
    "LOG_FORMAT": _one_of(LogFormat),
    "LOG_LEVEL": _one_of(LogLevel),
    "TIME_ZONE": _time_zone,
    "CURRENCY": _currency,
    "LOCALE": _locale,
}

NAMES = tuple(_READERS)
"""What may be set, without the prefix."""
