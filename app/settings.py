"""What can an operator set, and what is it if nothing is set?

Everything comes from the environment. Bounds of the core are constants beside the code they bound; here is only what
differs from one installation to the next.
"""

import os
import secrets
import tempfile
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_KEY_BYTES = 32
SECRET_KEY_CHARACTERS_MIN = 32


def _data_folder() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "jackfield"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="JACKFIELD_", frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    database_url: str | None = Field(None, validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    """None: the embedded PostgreSQL under `home`."""
    database_owner_url: str | None = Field(
        None, validation_alias=AliasChoices("DATABASE_OWNER_URL", "database_owner_url")
    )
    """Whom `migrate` runs as; default: database_url."""
    redis_url: str | None = Field(None, validation_alias=AliasChoices("REDIS_URL", "redis_url"))
    """None: everything is in one process."""

    home: Path = Field(default_factory=_data_folder)
    blob_dir: Path | None = None
    prompt_dir: Path | None = None
    """What callers hear is kept here, where Asterisk reads it under the same path."""
    fax_dir: Path | None = None
    """Through it faxes come and go: Asterisk writes and reads it under the same path."""
    fax_font: Path | None = None
    """By which cover pages are written; default: the first of some that are mostly there and have the signs."""
    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None
    web_dir: Path = Path(__file__).resolve().parent.parent / "web" / "dist"

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    """0: any free port; the address is printed."""
    public_url: str | None = None
    """How browsers and providers reach us; default: what we listen on."""
    role: Literal["all", "api", "writer"] = "all"
    lmtp: str | None = Field(None, pattern=r"^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$")
    """host:port at which mail servers bring mails, by LMTP; None: nowhere. Whoever reaches it can bring any mail, so it
    is for this machine or a private network alone."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    """auto: console on a terminal, else a JSON object a line."""

    database_connections: int = Field(10, ge=2, le=100)
    request_body_bytes_max: int = Field(1_048_576, ge=65_536)
    rate_limit_per_minute: int = Field(6_000, ge=1)
    """Of one API key or session."""
    login_attempts_per_minute: int = Field(10, ge=1)
    """Of one address and login."""
    session_life_s: int = Field(12 * 3600, ge=60)
    shutdown_grace_s: float = Field(10.0, ge=0)
    endpoints_inside: bool = False
    """Companies' flows may ask endpoints in the installation's own network, and by http: whoever administers a company
    can then reach what stands there."""
    scanner: str | None = Field(None, min_length=1, max_length=1000)
    """A program with its arguments that says whether a file is harmful: the file on its standard input, 0 or 1 as its
    exit code. None: files are handed out as they came."""
    dns_servers: str = ""
    """Who is asked what domains publish, such as keys of signatures: `IP` or `IPv4:port`, with commas between; empty:
    whoever the machine asks."""

    @field_validator("dns_servers")
    @classmethod
    def _are_addresses(cls, servers: str) -> str:
        for each in servers.replace(",", " ").split():
            host, colon, port = each.partition(":") if each.count(":") == 1 else (each, "", "")
            ip_address(host)
            if colon and not 0 < int(port) < 65_536:
                raise ValueError(f"{each}: expected an address of a name server")
        return servers

    @property
    def name_servers(self) -> tuple[str, ...]:
        return tuple(self.dns_servers.replace(",", " ").split())

    @model_validator(mode="after")
    def _several_processes_need_a_bus(self) -> Self:
        if self.role != "all" and not self.redis_url:
            raise ValueError(f"role {self.role!r} is one of several processes: set REDIS_URL, their bus")
        if self.lmtp_place is not None and not 0 < self.lmtp_place[1] <= 65_535:
            raise ValueError("lmtp: expected a port from 1 to 65535")
        return self

    @property
    def embedded(self) -> bool:
        return self.database_url is None

    @property
    def prompts(self) -> Path:
        """What was spoken; Asterisk plays it from there."""
        return self.prompt_dir or self.home / "prompts"

    @property
    def faxes(self) -> Path:
        return self.fax_dir or self.home / "fax"

    @property
    def blobs(self) -> Path:
        return self.blob_dir or self.home / "blobs"

    @property
    def lmtp_place(self) -> tuple[str, int] | None:
        if self.lmtp is None:
            return None
        host, _, port = self.lmtp.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    def signing_key(self) -> bytes:
        """The secret that signs cookies and tokens; made once for a home that has none.

        Raises ValueError if it is short, FileNotFoundError if the file named by the operator is missing.
        """
        if self.secret_key is not None:
            return _long_enough(self.secret_key.get_secret_value(), "JACKFIELD_SECRET_KEY")
        if self.secret_key_file is not None:
            return _long_enough(self.secret_key_file.read_text().strip(), str(self.secret_key_file))
        if not self.embedded:
            raise ValueError(
                "set JACKFIELD_SECRET_KEY or JACKFIELD_SECRET_KEY_FILE: all processes must share one secret"
            )
        return _long_enough(_secret_of(self.home), str(self.home / "secret_key"))


def _long_enough(text: str, where: str) -> bytes:
    if len(text) < SECRET_KEY_CHARACTERS_MIN:
        raise ValueError(f"{where}: expected at least {SECRET_KEY_CHARACTERS_MIN} characters, got {len(text)}")
    return text.encode()


def _secret_of(home: Path) -> str:
    file = home / "secret_key"
    if not file.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix="secret_key.", dir=home)  # mode 0600
        with open(descriptor, "w") as unfinished:
            unfinished.write(secrets.token_hex(SECRET_KEY_BYTES) + "\n")
        try:
            os.link(name, file)  # the first of several processes wins
        except FileExistsError:
            pass
        finally:
            os.unlink(name)
    return file.read_text().strip()


def with_database(url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
