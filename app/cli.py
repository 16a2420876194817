"""What can an operator do from the command line?"""

import asyncio
import contextlib
import json
import resource
import secrets
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import typer
from rich.console import Console
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app import asterisk_config
from app import doctor as diagnosis
from app.command_database import NOT_REACHED, database_url, with_database
from app.demo import run_demo
from app.first_users import add_key, add_user
from app.ivr_commands import app as ivr
from app.logs import configure_logs
from app.processes import serve as serve_until_told
from app.replay import Replay, run_replay
from app.rights import Role
from app.settings import Settings
from app.softphones import Softphone, softphone_of
from app.store import agents
from app.store.clock import set_clock
from app.store.embedded import EmbeddedError, data_folder
from app.store.migrate import upgrade
from app.wiring import DOMAIN_ID, Process

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Jackfield, a self-hosted omnichannel contact centre.",
    pretty_exceptions_show_locals=False,
)
user = typer.Typer(no_args_is_help=True, help="People who log in.")
key = typer.Typer(no_args_is_help=True, help="Keys for programs.")
app.add_typer(user, name="user")
app.add_typer(key, name="key")
app.add_typer(ivr, name="ivr")

console = Console(stderr=True)
T = TypeVar("T")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(installed_version("jackfield"))


@app.command()
def serve(
    role: Annotated[str | None, typer.Option(help="all, api or writer; default: JACKFIELD_ROLE or all")] = None,
    speed: Annotated[int, typer.Option(min=1, max=100_000, help="Of business time; only on an empty database")] = 1,
    business_start: Annotated[
        datetime | None, typer.Option(help="Business time at the start (UTC); only on an empty database")
    ] = None,
) -> None:
    """Serve until SIGINT or SIGTERM; with no DATABASE_URL everything is in one process and folder."""
    settings = Settings(role=role) if role else Settings()
    configure_logs(settings)
    _allow_many_sockets()

    async def prepare(process: Process) -> None:
        if speed == 1 and business_start is None:
            return
        start = business_start.replace(tzinfo=UTC) if business_start else datetime.now(UTC)
        wall_us = time.time_ns() // 1000
        async with process.database.engine.begin() as connection:
            await set_clock(connection, DOMAIN_ID, speed, int(start.timestamp() * 1_000_000), wall_us)

    _run(serve_until_told(settings, prepare))


@app.command()
def demo(port: Annotated[int | None, typer.Option(help="Default: JACKFIELD_PORT or 8080")] = None) -> None:
    """A living contact centre: embedded database, a demo company made through the public API, and a floor beside it."""
    settings = Settings() if port is None else Settings(port=port)
    # People look at this terminal: a line a request would hide the addresses and logins.
    configure_logs(settings.model_copy(update={"log_level": "warning"}))
    _allow_many_sockets()
    _run(run_demo(settings))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="The bank's log", exists=True, dir_okay=False)],
    day: Annotated[str, typer.Option(help="YYMMDD")],
    start: Annotated[str | None, typer.Option("--from", help="HH:MM")] = None,
    end: Annotated[str | None, typer.Option("--to", help="HH:MM")] = None,
    speed: Annotated[int, typer.Option(min=1, max=100_000, help="Business seconds per second")] = 60,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn")] = 1,
    server: Annotated[str | None, typer.Option(help="A running server, in place of one of our own")] = None,
    key_file: Annotated[Path | None, typer.Option(help="With --server: a file with an operator's key")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the ledgers go; default: build/replay-<day>")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables")] = False,
) -> None:
    """Run a real day of calls through the real server, and print our figures beside the log's."""
    wanted = Replay(file, day, start, end, speed, seed, server, key_file, out or Path(f"build/replay-{day}"), as_json)
    settings = Settings()
    configure_logs(settings)
    raise typer.Exit(_run(run_replay(settings, wanted)))


@app.command("asterisk-config")
def asterisk_config_(
    folder: Annotated[Path, typer.Argument(help="Where the files go; what is there stays, but for the softphones")],
    application: Annotated[str, typer.Option(help="As POST /v1/asterisks names it")] = "jackfield",
    username: Annotated[str, typer.Option(help="Of ARI")] = "jackfield",
) -> None:
    """What an Asterisk needs: a dialplan that calls come into, a user of ARI, its HTTP server, the agents' softphones.

    The softphones are read from the database and written anew each time; Asterisk takes them up by
    `module reload res_pjsip.so`.
    """
    files = {
        "extensions-jackfield.conf": asterisk_config.dialplan(application),
        "ari-jackfield.conf": asterisk_config.ari(username, secrets.token_urlsafe(24)),
        "http-jackfield.conf": asterisk_config.HTTP,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        if path.exists():
            console.print(f"kept   {path}")
            continue
        _write(path, text)
    try:
        phones = _softphones()
    except NOT_REACHED as away:
        console.print(f"[bold yellow]no softphones[/] the database is not reached: {away}", soft_wrap=True)
    else:
        _write(folder / asterisk_config.SOFTPHONES_FILE, asterisk_config.softphones(phones))


def _write(path: Path, text: str) -> None:
    """For nobody else's eyes: there are passwords in it."""
    path.touch(mode=0o600)
    path.write_text(text)
    console.print(f"made   {path}")


def _softphones() -> list[Softphone]:
    """Raises NOT_REACHED; on a machine that has no database of ours none is made for this."""
    settings = Settings()
    if settings.embedded and not data_folder(settings.home).exists():
        raise FileNotFoundError(f"set DATABASE_URL; there is none in {settings.home}")
    signing_key = settings.signing_key()

    async def work(connection: AsyncConnection) -> list[Softphone]:
        return [softphone_of(signing_key, *each) for each in (await agents.with_softphones(connection)).items()]

    return _run_plain(with_database(work))


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables; safe to repeat."""

    async def work() -> None:
        settings = Settings()
        async with database_url(settings) as url:
            await upgrade(settings.database_owner_url or url, url)

    _run(work())
    console.print("The database is up to date.")


@user.command("add")
def user_add(
    login: Annotated[str, typer.Argument()],
    role: Annotated[str, typer.Option(help="operator, admin, supervisor or agent, for all companies")] = "operator",
    language: Annotated[str, typer.Option(help="en or zh-CN")] = "en",
) -> None:
    """Add a person; the password is asked for, or read from standard input when that is no terminal."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else ""
    password = password or sys.stdin.readline().rstrip("\n")
    if len(password) < 8:
        raise typer.BadParameter("the password needs at least 8 characters")

    async def work(connection: AsyncConnection) -> str:
        return await add_user(connection, login, password, _role(role), language)

    try:
        typer.echo(_run(with_database(work)))
    except IntegrityError as taken:
        raise typer.BadParameter(f"the login {login!r} is taken") from taken


@key.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="What it is for")],
    role: Annotated[str, typer.Option(help="operator, admin, supervisor or agent")] = "operator",
    company: Annotated[list[str] | None, typer.Option(help="Ids of companies; default: all")] = None,
) -> None:
    """Print a new key, this once."""

    async def work(connection: AsyncConnection) -> str:
        return await add_key(connection, name, _role(role), company)

    typer.echo(_run(with_database(work)))


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from app.api_document import document

    typer.echo(json.dumps(document(), indent=2, ensure_ascii=False))


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of the websocket."""
    from app.socket_document import document

    typer.echo(json.dumps(document(), indent=2, ensure_ascii=False))


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False) -> None:
    """Say what could be wrong with this installation, and the cure; exit 1 if something is."""
    checks = asyncio.run(diagnosis.examine(Settings()))
    if as_json:
        typer.echo(json.dumps(diagnosis.as_json(checks), indent=2))
    else:
        for line in diagnosis.as_lines(checks):
            Console(highlight=False).print(line, soft_wrap=True)
    raise typer.Exit(diagnosis.exit_code(checks))


# --- how a command runs -----------------------------------------------------------------------------------------------


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Ctrl-C ends quietly; what cannot work says so in a line."""
    try:
        return _run_plain(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (RuntimeError, OSError, EmbeddedError) as error:
        console.print(f"[bold red]error[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error


def _run_plain(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where the platform has it: a third less of a core for the same desks."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _role(text: str) -> Role:
    known: tuple[Role, ...] = get_args(Role)
    for role in known:
        if role == text:
            return role
    raise typer.BadParameter(f"{text!r} is no role; expected one of {', '.join(known)}")


def _allow_many_sockets() -> None:
    """Every desk is an open file: take what the operator allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    app()
