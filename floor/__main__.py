"""What can the floor be asked to play?    python -m floor day|replay|demo|load|feeds"""

import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast, get_args

import httpx2
import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from floor import bank_log, log_figures, replay_report
from floor import day as days
from floor import demo as demos
from floor import feeds as crowdings
from floor import load as loads
from floor import replay as replays
from floor.rest import Refused

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Simulated customers, agents and a telephone provider.",
)
T = TypeVar("T")

LogFile = Annotated[Path, typer.Argument(help="The bank's log", exists=True, dir_okay=False)]
DayOption = Annotated[str, typer.Option("--day", help="YYMMDD")]
From = Annotated[str | None, typer.Option("--from", help="HH:MM")]
To = Annotated[str | None, typer.Option("--to", help="HH:MM")]
Seed = Annotated[int, typer.Option(help="Of everything that is drawn")]
Server = Annotated[str, typer.Option(help="Address of the server, such as http://127.0.0.1:8080")]
KeyFile = Annotated[Path, typer.Option(help="A file with an operator's API key", exists=True, dir_okay=False)]
Out = Annotated[Path | None, typer.Option(help="Where the ledgers go")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


@app.command()
def day(
    file: LogFile, date: DayOption, start: From = None, end: To = None, seed: Seed = 1, as_json: Json = False
) -> None:
    """Say what a day of the log would ask of the floor, without playing it."""
    planned = _plan(file, date, start, end, seed)
    said = {
        "day": planned.date,
        "calls": len(planned.arrivals),
        "by_type": {type_: sum(a.type == type_ for a in planned.arrivals) for type_ in planned.types},
        "high_priority": sum(arrival.high for arrival in planned.arrivals),
        "ivr_hang_ups": planned.ivr_hang_ups,
        "refused_rows": {reason: len(rows) for reason, rows in planned.refused.items()},
        "agents": len(planned.servers),
        "shifts": [[shift.server, clock(shift.start_s), clock(shift.end_s)] for shift in planned.shifts],
        "log": asdict(log_figures.of_calls(planned.calls)),
    }
    typer.echo(json.dumps(said, indent=None if as_json else 2))


@app.command()
def replay(
    file: LogFile, date: DayOption, server: Server, key_file: KeyFile,
    start: From = None, end: To = None, speed: Annotated[int, typer.Option(help="The server's; asked of it")] = 1,
    seed: Seed = 1, out: Out = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Play a day of the log against a server, and print our figures beside the log's."""
    planned = _plan(file, date, start, end, seed)
    outcome = _run(_replay(planned, server, key_file.read_text().strip(), seed, out))
    if outcome.speed != speed:
        typer.echo(f"the server's clock runs at {outcome.speed:g}, not at {speed}", err=True)
    if as_json:
        typer.echo(json.dumps(replay_report.as_json(planned, outcome, seed), indent=2))
    else:
        replay_report.tell(planned, outcome, Console())
    raise typer.Exit(0 if outcome.drained else 1)


@app.command()
def demo(
    server: Server,
    key_file: KeyFile,
    lmtp: Annotated[str | None, typer.Option(help="host:port where the server takes mails")] = None,
) -> None:
    """Let a demo company live on, calmly, until stopped; prints the addresses and logins."""
    _run(demos.run(server, key_file.read_text().strip(), Console(), key_file, lmtp))


@app.command()
def load(
    server: Server, key_file: KeyFile, mode: Annotated[str, typer.Option(help="closed or poisson")] = "closed",
    agents: int = 1000, in_flight: int = 400, rate: float = 200.0, talk_s: float = 0.0, warm_up_s: float = 5.0,
    seconds_measured: Annotated[float, typer.Option("--seconds")] = 20.0, lanes: int = 2, seed: Seed = 1,
) -> None:  # fmt: skip
    """Measure full lifecycles a second (closed) or the latency of offers at a rate (poisson); prints JSON."""
    if mode not in get_args(loads.Mode):
        raise typer.BadParameter(f"{mode!r}: expected closed or poisson")
    wanted = loads.Load(
        cast(loads.Mode, mode), agents, in_flight, rate, talk_s, warm_up_s, seconds_measured, lanes, seed
    )
    uvloop.install()

    def tell(word: str) -> None:
        typer.echo(word, err=True)

    typer.echo(json.dumps(_run(loads.run(wanted, server, key_file.read_text().strip(), tell))))


@app.command()
def feeds(
    server: Server, key_file: KeyFile, agents: int = 5000, desks: int = 1000, views: int = 100, rate: float = 75.0,
    seconds_measured: Annotated[float, typer.Option("--seconds", help="Everybody reads")] = 10.0,
    stuck_s: Annotated[float, typer.Option(help="One live view and one desk do not")] = 20.0, seed: Seed = 1,
) -> None:  # fmt: skip
    """Measure how old figures are on many live views beside many desks, and beside readers who stop; prints JSON."""
    how = crowdings.Crowding(
        agents=agents, desks=desks, views=views, rate=rate, seconds=seconds_measured, stuck_s=stuck_s, seed=seed
    )
    uvloop.install()

    def tell(word: str) -> None:
        typer.echo(word, err=True)

    typer.echo(json.dumps(_run(crowdings.run(how, server, key_file.read_text().strip(), tell))))


async def _replay(planned: days.Day, server: str, key: str, seed: int, out: Path | None) -> replays.Outcome:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("opening the floor", total=len(planned.arrivals))

        def show(made: int, of: int) -> None:
            bar.update(task, completed=made, description="calls" if made < of else "the last ones talk")

        return await replays.run(planned, server, key, seed=seed, out=out, progress=show)


def _plan(file: Path, date: str, start: str | None, end: str | None, seed: int) -> days.Day:
    window = days.Window(seconds(start) if start else 0, seconds(end) if end else days.Window().to_s)
    try:
        return days.plan(bank_log.read(file), date, window, seed)
    except days.UnknownDay as unknown:
        raise typer.BadParameter(str(unknown), param_hint="--day") from unknown


def seconds(text: str) -> int:
    """HH:MM since midnight."""
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(hours) <= 24 and int(minutes) < 60):
        raise typer.BadParameter(f"{text!r}: expected HH:MM")
    return int(hours) * 3600 + int(minutes) * 60


def clock(at_s: int) -> str:
    return f"{at_s // 3600:02}:{at_s // 60 % 60:02}:{at_s % 60:02}"


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Ends quietly on Ctrl-C and when whoever started us is gone; what cannot work says so in a line."""
    try:
        return asyncio.run(_until_alone(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(130) from None
    except (Refused, httpx2.HTTPError, OSError, TimeoutError) as error:
        typer.echo(f"error: {error!r}" if not str(error) else f"error: {error}", err=True)
        raise typer.Exit(1) from error


def _is_held(mode: int) -> bool:
    """A pipe, or the pair of sockets that some event loops make in its place."""
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


async def _until_alone(work: Coroutine[Any, Any, T]) -> T:
    """Told to stop, once or twice, it ends in its own time: what runs says good-bye first.

    A parent that starts us with a pipe as standard input holds its other end: when that closes, it is gone.
    """
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: None if task.cancelling() else task.cancel())
    if sys.stdin is not None and not sys.stdin.closed and _is_held(os.fstat(sys.stdin.fileno()).st_mode):

        def look() -> None:
            if not os.read(sys.stdin.fileno(), 4096):
                loop.remove_reader(sys.stdin.fileno())
                task.cancel()  # also out of a good-bye: nobody is there to hear it

        loop.add_reader(sys.stdin.fileno(), look)
    return await task


if __name__ == "__main__":
    app()
