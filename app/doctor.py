"""What could be wrong with this installation, and what cures it?

Each check is a name, a verdict, what was seen, and the cure. Looking is separate from judging: the `judge_…` functions
are pure, so their limits can be read, and tested, alone.
"""

import os
import re
import resource
import shutil
import stat
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, astuple, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import asyncpg
from dateutil.relativedelta import relativedelta
from rich.text import Text

from app.doctor_fax import examine_fax
from app.doctor_mail import examine_mail
from app.doctor_telephony import examine_telephony
from app.scanning import EICAR, scan
from app.settings import Settings
from app.store.embedded import EmbeddedError, start_embedded

State = Literal["ok", "warn", "fail"]

CONNECT_TIMEOUT_S = 5.0
POSTGRES_VERSION_MIN = 150_000
PARTITION_MONTHS_AHEAD = 3
CLOCK_SKEW_WARN_S, CLOCK_SKEW_FAIL_S = 0.5, 5.0
DISK_FREE_WARN_BYTES, DISK_FREE_FAIL_BYTES = 5 * 2**30, 2**30
OPEN_FILES_MIN = 4_096
CONNECTIONS_SPARE = 20
REDIS_VERSION_MIN = (6, 2)


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    state: State
    saw: str
    cure: str = ""


async def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which their cures should be tried."""
    checks = [judge_open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])]
    checks += list(_data_folder(settings))
    checks.append(_secret_key(settings))
    checks += await _database(settings)
    if settings.redis_url is not None:
        checks.append(await _redis(settings.redis_url))
    checks.append(_web(settings.web_dir))
    if settings.scanner is not None:
        checks.append(await _scanner(settings.scanner))
    return checks


def exit_code(checks: list[Check]) -> int:
    return 1 if any(check.state == "fail" for check in checks) else 0


def as_json(checks: list[Check]) -> dict[str, Any]:
    return {"healthy": exit_code(checks) == 0, "checks": [asdict(check) for check in checks]}


def as_lines(checks: list[Check]) -> Iterator[Text]:
    """One line a check; print with soft_wrap, for a reason is longer than a terminal is wide."""
    colour = {"ok": "green", "warn": "yellow", "fail": "bold red"}
    width = max(len(check.name) for check in checks)
    for check in checks:
        cure = f"  -> {check.cure}" if check.cure else ""
        yield Text.assemble((f"{check.state:<4}", colour[check.state]), f"  {check.name:<{width}}  {check.saw}{cure}")


async def _scanner(program: str) -> Check:
    """It knows the file that all of them know, and calls an empty text clean."""
    harmful, clean = await scan(program, EICAR), await scan(program, b"a text")
    if (harmful, clean) == ("harmful", "clean"):
        return Check("scanner", "ok", "knows the test file of EICAR")
    cure = "JACKFIELD_SCANNER: a program that reads a file and ends with 0 or 1; until then no file is handed out"
    return Check("scanner", "fail", f"says {harmful} of the test file of EICAR and {clean} of a text", cure)


# The machine


def judge_open_files(limit: int) -> Check:
    saw = "unlimited" if limit == resource.RLIM_INFINITY else str(limit)
    if limit != resource.RLIM_INFINITY and limit < OPEN_FILES_MIN:
        cure = f"every desk is an open file: ulimit -n {OPEN_FILES_MIN} (systemd: LimitNOFILE) or more"
        return Check("open files", "warn", saw, cure)
    return Check("open files", "ok", saw)


def judge_disk(folder: Path, free_bytes: int) -> Check:
    saw = f"{free_bytes / 2**30:.1f} GiB free for {folder}"
    if free_bytes < DISK_FREE_FAIL_BYTES:
        return Check("disk", "fail", saw, "free some, or set JACKFIELD_HOME elsewhere: a full disk stops every turn")
    if free_bytes < DISK_FREE_WARN_BYTES:
        return Check("disk", "warn", saw, "free some, or set JACKFIELD_HOME elsewhere")
    return Check("disk", "ok", saw)


def _data_folder(settings: Settings) -> Iterator[Check]:
    for folder in dict.fromkeys((settings.home, settings.blobs)):
        yield _folder(folder)
    existing = settings.home
    while not existing.exists():
        existing = existing.parent
    yield judge_disk(settings.home, shutil.disk_usage(existing).free)


def _folder(folder: Path) -> Check:
    name = f"folder {folder.name}"
    if not folder.exists():
        return Check(name, "ok", f"{folder}: made when needed")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Check(name, "fail", f"{folder}: mode {mode:o}, not ours to write", f"chown it to user {os.geteuid()}")
    if mode & 0o006:
        return Check(name, "warn", f"{folder}: mode {mode:o}, others may look inside", f"chmod o-rw {folder}")
    return Check(name, "ok", f"{folder}: mode {mode:o}")


def _secret_key(settings: Settings) -> Check:
    file = settings.secret_key_file or settings.home / "secret_key"
    if settings.secret_key is None and not file.exists() and settings.embedded:
        return Check("secret key", "ok", "none yet; made at the first start")
    try:
        settings.signing_key()
    except (ValueError, OSError) as failure:
        cure = "set JACKFIELD_SECRET_KEY_FILE to a file with: openssl rand -hex 32"
        return Check("secret key", "fail", str(failure), cure)
    if settings.secret_key is None and stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Check("secret key", "warn", f"{file} is readable by others", f"chmod 600 {file}")
    return Check("secret key", "ok", "from the environment" if settings.secret_key else str(file))


def _web(folder: Path) -> Check:
    if (folder / "index.html").exists():
        return Check("pages", "ok", str(folder))
    return Check("pages", "warn", f"{folder} has no index.html", "make web; the API works without")


# The database


async def _database(settings: Settings) -> list[Check]:
    try:
        async with _connection(settings) as (url, connection):
            return [
                Check("database", "ok", await connection.fetchval("SELECT version()")),
                judge_version(int(await connection.fetchval("SHOW server_version_num"))),
                *[judge_durable(name, await connection.fetchval(f"SHOW {name}")) for name in DURABILITY],
                judge_connections(*await _connections(connection), settings.database_connections),
                await _clock(connection),
                *await _schema(url, connection),
                *await _telephony(settings, connection),
                *await _mail(settings, connection),
            ]
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, EmbeddedError, ValueError) as failure:
        cure = (
            "start it, or correct DATABASE_URL" if settings.database_url else "see the reason; nothing else can be said"
        )
        return [Check("database", "fail", f"{type(failure).__name__}: {failure}", cure)]


@asynccontextmanager
async def _connection(settings: Settings) -> AsyncIterator[tuple[str, "asyncpg.Connection[Any]"]]:
    """The embedded server runs at least as long as we look."""
    embedded = None if settings.database_url else await start_embedded(settings.home)
    try:
        url = embedded.url if embedded else plain(settings.database_url or "")
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S, command_timeout=CONNECT_TIMEOUT_S)
        try:
            yield url, connection
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)
    finally:
        if embedded:
            await embedded.stop()


def plain(url: str) -> str:
    """The DSN without SQLAlchemy's name of a driver."""
    scheme, mark, rest = url.partition("://")
    return scheme.partition("+")[0] + mark + rest


def judge_version(number: int) -> Check:
    saw = f"{number // 10_000}.{number % 10_000}"
    if number < POSTGRES_VERSION_MIN:
        return Check("PostgreSQL version", "fail", saw, f"{POSTGRES_VERSION_MIN // 10_000} or newer")
    return Check("PostgreSQL version", "ok", saw)


# What a commit must survive: the values under which one that was confirmed can be lost.
DURABILITY = {"fsync": {"off"}, "full_page_writes": {"off"}, "synchronous_commit": {"off"}}


def judge_durable(name: str, value: str) -> Check:
    if value in DURABILITY[name]:
        cure = f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf(); settings of the role or database go before it"
        return Check(name, "fail", f"{value}: a confirmed command can be lost", cure)
    return Check(name, "ok", value)


async def _connections(connection: "asyncpg.Connection[Any]") -> tuple[int, int]:
    allowed = int(await connection.fetchval("SHOW max_connections"))
    return allowed, int(
        await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
    )


def judge_connections(allowed: int, used: int, pool: int) -> Check:
    saw = f"{used} of {allowed} used, a process of ours takes up to {pool + 2}"
    if allowed < pool + CONNECTIONS_SPARE:
        return Check("connections", "warn", saw, f"max_connections = {pool + CONNECTIONS_SPARE} or more")
    return Check("connections", "ok", saw)


async def _clock(connection: "asyncpg.Connection[Any]") -> Check:
    skews = []
    for _ in range(3):
        asked = time.time()
        theirs = float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
        skews.append(theirs - (asked + time.time()) / 2)
    return judge_clock(min(skews, key=abs))


def judge_clock(skew_s: float) -> Check:
    saw = f"the database is {abs(skew_s):.3f} s {'ahead' if skew_s > 0 else 'behind'}"
    cure = "run NTP (chrony, systemd-timesyncd) on both machines"
    if abs(skew_s) >= CLOCK_SKEW_FAIL_S:
        return Check("clock", "fail", saw, cure)
    if abs(skew_s) >= CLOCK_SKEW_WARN_S:
        return Check("clock", "warn", saw, cure)
    return Check("clock", "ok", saw)


async def _schema(url: str, connection: "asyncpg.Connection[Any]") -> list[Check]:
    from app.store.migrate import head

    version = None
    if await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
        version = await connection.fetchval("SELECT max(version_num) FROM alembic_version")
    schema = judge_schema(version, head())
    if version is None:
        return [schema]
    bounds = [row["bound"] for row in await connection.fetch(EVENT_PARTITIONS)]
    today = await connection.fetchval("SELECT (now() AT TIME ZONE 'UTC')::date")
    return [schema, judge_partitions(bounds, today)]


def judge_schema(version: str | None, head: str) -> Check:
    if version == head:
        return Check("schema", "ok", f"at {head}")
    return Check("schema", "fail", f"at {version or 'nothing'}, the code wants {head}", "jackfield migrate")


EVENT_PARTITIONS = """
SELECT pg_get_expr(part.relpartbound, part.oid) AS bound
FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid
WHERE inhparent = 'event'::regclass
"""


def judge_partitions(bounds: list[str], today: date) -> Check:
    """`bounds` as PostgreSQL prints them: FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')."""
    ranges = [re.findall(r"'(\d{4}-\d\d-\d\d)[^']*'", bound) for bound in bounds]
    known = [(found[0], found[1]) for found in ranges if len(found) == 2]
    months = [today.replace(day=1) + relativedelta(months=n) for n in range(PARTITION_MONTHS_AHEAD + 1)]
    missing = [f"{month:%Y-%m}" for month in months if not any(low <= str(month) < high for low, high in known)]
    if not missing:
        return Check("partitions", "ok", f"event has its months to {months[-1]:%Y-%m}")
    # Nothing is lost without one: there is a DEFAULT. But it must be emptied before a month can be cut out of it.
    state: State = "fail" if f"{months[0]:%Y-%m}" in missing else "warn"
    return Check(
        "partitions", state, f"event has none for {', '.join(missing)}", "jackfield migrate (serve does it, too)"
    )


async def _mail(settings: Settings, connection: "asyncpg.Connection[Any]") -> list[Check]:
    try:
        key = settings.signing_key()
    except (ValueError, OSError):
        return []  # said already
    return [Check(*astuple(found)) for found in await examine_mail(connection, key, settings)]


async def _telephony(settings: Settings, connection: "asyncpg.Connection[Any]") -> list[Check]:
    try:
        key = settings.signing_key()
    except (ValueError, OSError):
        return []  # said already
    found = [*await examine_telephony(connection, key), *await examine_fax(connection, key, settings.faxes)]
    return [Check(*astuple(each)) for each in found]


# The bus


async def _redis(url: str) -> Check:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client = Redis.from_url(url, socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=CONNECT_TIMEOUT_S)
    try:
        return judge_redis(await client.info("server"))
    except (RedisError, OSError, TimeoutError, ValueError) as failure:
        return Check("redis", "fail", f"{type(failure).__name__}: {failure}", "start it, or correct REDIS_URL")
    finally:
        await client.aclose()


def judge_redis(info: dict[str, Any]) -> Check:
    version = str(info["redis_version"])
    wanted = ".".join(map(str, REDIS_VERSION_MIN))
    if tuple(int(part) for part in version.split(".")[:2]) < REDIS_VERSION_MIN:
        return Check("redis", "fail", version, f"{wanted} or newer")
    return Check("redis", "ok", version)
