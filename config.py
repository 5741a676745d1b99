"""Settings, read once from the environment; what is wrong is said together, before anything starts.

Outside the demo every secret comes from the environment. `make run` writes random ones into
`instance/demo.env` (mode 0600) once; where that file stands it fills in what the environment
leaves out.
"""

import base64
import binascii
import ipaddress
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"
DEMO_ENV = INSTANCE / "demo.env"

MIB = 1024 * 1024
LOCALHOST = "localhost"
MIN_SECRET_LENGTH = 32
KEY_BYTES = 32
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
LANGUAGES = {"zh": "中文", "en": "English"}
POSTGRES = ("postgres://", "postgresql://", "postgresql+psycopg2://")


class SettingsError(RuntimeError):
    """One or more settings are missing or wrong; the message lists every one."""

    def __init__(self, problems: list[str]) -> None:
        """Join `problems` into one readable message."""
        self.problems = tuple(problems)
        super().__init__("Settings:\n" + "\n".join(f"  - {problem}" for problem in problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that differs between one installation and another."""

    database_url: str
    secret_key: str = field(repr=False)
    field_key: bytes = field(repr=False)
    audit_key: bytes = field(repr=False)
    port: int = 8080
    login_requires_key: bool = True
    webauthn_origins: tuple[str, ...] = ()
    webauthn_rp_id: str = ""
    files_dir: Path = INSTANCE / "files"
    max_upload_mb: int = 20
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    cookie_secure: bool = False
    session_hours: int = 12
    default_language: str = "zh"
    login_rate_limit: str = "20 per minute"
    ratelimit_storage_uri: str = "memory://"
    testing: bool = False

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, *, demo_env: Path | None = None
    ) -> "Settings":
        """Read the process's environment, completed by the demo's file where there is one.

        Raises `SettingsError` with every problem found.
        """
        environ = os.environ if environ is None else environ
        given = {name: value for name, value in environ.items() if value}
        return _Reader({**read_env_file(demo_env or DEMO_ENV), **given}).settings()

    @property
    def key_origins(self) -> tuple[str, ...]:
        """The addresses at which browsers open the pages, as keys see them."""
        return self.webauthn_origins or (f"http://{LOCALHOST}:{self.port}",)

    @property
    def key_rp_id(self) -> str:
        """The domain that keys are bound to: the host of the first address unless named."""
        return self.webauthn_rp_id or str(urlsplit(self.key_origins[0]).hostname)

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database_url.startswith("sqlite")

    def flask(self) -> dict[str, Any]:
        """Return the settings as Flask and its extensions name them."""
        return {
            "KEYDESK": self,
            "TESTING": self.testing,
            "SECRET_KEY": self.secret_key,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": self._engine_options(),
            "MAX_CONTENT_LENGTH": (self.max_upload_mb + 5) * MIB,
            "MAX_FORM_MEMORY_SIZE": 16 * MIB,
            "MAX_FORM_PARTS": 100_000,
            "TRUSTED_HOSTS": list(self.trusted_hosts) or None,
            **self._session_options(),
            **self._framework_options(),
        }

    def _engine_options(self) -> dict[str, Any]:
        # Errors and logs name statements, never the persons that these are about.
        hidden = {"hide_parameters": True}
        if self.is_sqlite:
            return {**hidden, "connect_args": {"timeout": 15}}
        return {
            **hidden,
            # The driver keeps what it has made of a statement's text up to 4,096 characters: of ten
            # rows at a time it does, of a thousand it spends more than the insert takes.
            "insertmanyvalues_page_size": 10,
            "pool_size": 10,
            "max_overflow": 10,
        }

    def _session_options(self) -> dict[str, Any]:
        return {
            "SESSION_COOKIE_NAME": "keydesk",
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.cookie_secure,
            "PERMANENT_SESSION_LIFETIME": self.session_hours * 3600,
            "SESSION_REFRESH_EACH_REQUEST": False,
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_SSL_STRICT": self.cookie_secure,
        }

    def _framework_options(self) -> dict[str, Any]:
        return {
            "APP_NAME": "Keydesk",
            "LANGUAGES": {code: {"flag": code, "name": name} for code, name in LANGUAGES.items()},
            "BABEL_DEFAULT_LOCALE": self.default_language,
            "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
            "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
            "FAB_CREATE_DB": False,
            "FAB_UPDATE_PERMS": False,
            "FAB_ADD_SECURITY_API": False,
            "FAB_API_MAX_PAGE_SIZE": 200,
            "FAB_SAFE_REDIRECT_HOSTS": list(self.trusted_hosts),
            "RATELIMIT_ENABLED": True,
            "RATELIMIT_STORAGE_URI": self.ratelimit_storage_uri,
            "RATELIMIT_HEADERS_ENABLED": True,
            "AUTH_RATE_LIMITED": True,
            "AUTH_RATE_LIMIT": self.login_rate_limit,
            "AUTH_USER_REGISTRATION": False,
        }


class _Reader:
    """Turns text into settings and collects what is wrong with it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.problems: list[str] = []

    def settings(self) -> Settings:
        settings = Settings(
            database_url=database_url(self.values.get("DATABASE_URL", "")),
            secret_key=self.secret("SECRET_KEY"),
            field_key=self.key("FIELD_KEY"),
            audit_key=self.key("AUDIT_KEY"),
            **{
                name.lower(): parse(self, name)
                for name, parse in self.OPTIONAL.items()
                if name in self.values
            },
        )
        self.check_domain(settings)
        if self.problems:
            raise SettingsError(self.problems)
        return settings

    def secret(self, name: str) -> str:
        value = self.values.get(name, "")
        if not value:
            self.problems.append(f"{name} is missing; it has no default outside the demo")
        elif len(value) < MIN_SECRET_LENGTH:
            self.problems.append(f"{name} has {len(value)} characters, {MIN_SECRET_LENGTH} needed")
        return value

    def key(self, name: str) -> bytes:
        value = self.values.get(name, "")
        if not value:
            self.problems.append(f"{name} is missing; it has no default outside the demo")
            return b""
        try:
            key = base64.urlsafe_b64decode(value)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            self.problems.append(f"{name} must be {KEY_BYTES} bytes in URL-safe base64")
        return key

    def number(self, name: str) -> int:
        value = self.values[name].strip()
        if not value.isascii() or not value.isdigit():
            self.problems.append(f"{name} must be a whole number, not {value!r}")
            return 0
        return int(value)

    def flag(self, name: str) -> bool:
        value = self.values[name].strip().lower()
        if value not in TRUE | FALSE:
            self.problems.append(f"{name} must be true or false, not {value!r}")
        return value in TRUE

    def text(self, name: str) -> str:
        return self.values[name].strip()

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(self.values[name].replace(",", " ").split())

    def origins(self, name: str) -> tuple[str, ...]:
        found = tuple(word.rstrip("/").lower() for word in self.words(name))
        for origin in found:
            parts = urlsplit(origin)
            safe = parts.scheme == "https" or (
                parts.scheme == "http" and parts.hostname == LOCALHOST
            )
            if not (safe and parts.hostname and origin == f"{parts.scheme}://{parts.netloc}"):
                self.problems.append(
                    f"{name} must be https://host[:port] (http for {LOCALHOST} only), "
                    f"not {origin!r}"
                )
            elif _is_address(parts.hostname):
                self.problems.append(f"{name} must name a host; keys know no number: {origin!r}")
        return found

    def domain(self, name: str) -> str:
        return self.text(name).lower()

    def check_domain(self, settings: Settings) -> None:
        """A browser lets a page ask only keys of its own host, or of a domain above."""
        domain = settings.key_rp_id
        hosts = [str(urlsplit(origin).hostname) for origin in settings.key_origins]
        if not all(host == domain or host.endswith(f".{domain}") for host in hosts):
            self.problems.append(
                f"WEBAUTHN_RP_ID must be the host of every address in WEBAUTHN_ORIGINS, "
                f"or a domain above all of them, not {domain!r}"
            )

    def path(self, name: str) -> Path:
        return Path(self.values[name]).absolute()

    def language(self, name: str) -> str:
        value = self.text(name)
        if value not in LANGUAGES:
            self.problems.append(f"{name} must be one of {', '.join(LANGUAGES)}, not {value!r}")
        return value

    OPTIONAL: ClassVar[dict[str, Callable[["_Reader", str], Any]]] = {
        "PORT": number,
        "LOGIN_REQUIRES_KEY": flag,
        "WEBAUTHN_ORIGINS": origins,
        "WEBAUTHN_RP_ID": domain,
        "FILES_DIR": path,
        "MAX_UPLOAD_MB": number,
        "TRUSTED_HOSTS": words,
        "TRUSTED_PROXIES": number,
        "COOKIE_SECURE": flag,
        "SESSION_HOURS": number,
        "DEFAULT_LANGUAGE": language,
        "LOGIN_RATE_LIMIT": text,
        "RATELIMIT_STORAGE_URI": text,
    }


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def database_url(given: str) -> str:
    """Return `given` as SQLAlchemy wants it: psycopg 3 for PostgreSQL, else the embedded file."""
    if not given:
        return f"sqlite:///{INSTANCE / 'keydesk.db'}"
    for prefix in POSTGRES:
        if given.startswith(prefix):
            return "postgresql+psycopg://" + given.removeprefix(prefix)
    return given


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of `path`; nothing where there is no such file."""
    if not path.is_file():
        return {}
    return dict(_assignments(path.read_text(encoding="utf-8")))


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith("#"):
            yield name.strip(), value.strip()
