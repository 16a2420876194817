"""What can one do with a flow on the command line? Check it, walk through it, draw it. No database is needed but for
the recordings that it names.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from app.command_database import NOT_REACHED, with_database
from app.store import companies, prompts
from ivr import check as checking
from ivr.draw import draw as drawn
from ivr.flow import Flow
from ivr.interpreter import Moved, begin, hear
from ivr.load import BYTES_MAX, load
from ivr.words import (
    Action,
    Answered,
    CallBack,
    Collect,
    Done,
    Enqueue,
    Failed,
    Found,
    HangUp,
    HungUp,
    Input,
    Keys,
    LookUp,
    NotFound,
    Record,
    Recorded,
    Returned,
    Say,
    Silence,
    Spoken,
    Transfer,
)  # fmt: skip

app = typer.Typer(no_args_is_help=True, help="What callers hear and choose: check a flow, walk through it, draw it.")
File = Annotated[Path, typer.Argument(help="The flow, YAML", exists=True, dir_okay=False)]


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Flows, YAML", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
    company: Annotated[str | None, typer.Option(help="A slug: its recordings are looked for, in the database")] = None,
) -> None:
    """Say what is wrong, with line numbers; exit 1 if a flow cannot be published."""
    recorded = _recorded(company) if company is not None else None
    found = [(path, problem) for path in files for problem in checking.check(_text(path), recorded)]
    if as_json:
        told = [
            {"file": str(path), "line": p.line, "text_key": p.text_key, "detail": p.detail, "serious": p.serious}
            for path, p in found
        ]
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for path, p in found:
            typer.echo(f"{path}:{p.line}: {'error' if p.serious else 'note'}: {p.detail} [{p.text_key}]")
        if not found:
            typer.echo(f"{len(files)} {'flow is' if len(files) == 1 else 'flows are'} in order")
    raise typer.Exit(1 if checking.serious(p for _, p in found) else 0)


@app.command()
def draw(
    file: File, out: Annotated[Path | None, typer.Option(help="Where the SVG goes; default: standard output")] = None
) -> None:
    """Draw the flow as SVG."""
    picture = drawn(_flow(file))
    if out is None:
        typer.echo(picture, nl=False)
    else:
        out.write_text(picture, encoding="utf-8")
        typer.echo(f"drawn: {out}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a flow, for editors that check while one writes."""
    typer.echo(json.dumps(Flow.model_json_schema(), indent=2, ensure_ascii=False))


@app.command("try")
def try_flow(
    file: File,
    fact: Annotated[list[str] | None, typer.Option(help="A variable to begin with, such as value=80")] = None,
    language: Annotated[str | None, typer.Option(help="Default: the flow's first")] = None,
    at: Annotated[datetime | None, typer.Option(help="As if it were then (UTC); default: now")] = None,
) -> None:
    """Be the caller: read what is said, type what you press. An empty line is silence, `bye` hangs up."""
    flow, facts = _flow(file), dict(each.partition("=")[::2] for each in fact or ["caller=+4930123456"])
    console, typed = Console(highlight=False), _typed()
    now_us = int(at.replace(tzinfo=UTC).timestamp() * 1_000_000) if at is not None else time.time_ns() // 1000
    moved = begin(flow, facts, now_us, language)
    while True:
        _tell(console, moved)
        if moved.place.is_over:
            break
        said = _answer(console, moved.action, typed) if moved.action is not None else HungUp()
        moved = hear(flow, moved.place, said, now_us)
    if moved.place.values:
        console.print({name: value for name, value in moved.place.values.items() if value})


def _recorded(slug: str) -> set[tuple[str, str]]:
    """What the company has uploaded."""

    async def work(connection: AsyncConnection) -> set[tuple[str, str]] | None:
        company = await companies.with_slug(connection, slug)
        return None if company is None else await prompts.recorded(connection, company["id"])

    try:
        found = asyncio.run(with_database(work))
    except NOT_REACHED as away:
        typer.echo(f"error: the database is not reached: {away}", err=True)
        raise typer.Exit(1) from away
    if found is None:
        raise typer.BadParameter(f"there is no company {slug!r}")
    return found


# --- reading ----------------------------------------------------------------------------------------------------------


def _text(path: Path) -> str:
    """What is no text is read as one that no flow is."""
    return path.read_bytes()[: BYTES_MAX + 1].decode("utf-8", "replace")


def _flow(path: Path) -> Flow:
    loaded = load(_text(path))
    if loaded.flow is None:
        for problem in loaded.problems:
            typer.echo(f"{path}:{problem.line}: error: {problem.detail}", err=True)
        raise typer.Exit(1)
    return loaded.flow


# --- being the caller -------------------------------------------------------------------------------------------------


def _typed() -> Iterator[str]:
    """Lines; at the end of the input the caller hangs up."""
    while True:
        if sys.stdin.isatty():
            print("> ", end="", flush=True)
        line = sys.stdin.readline()
        yield line.strip() if line else "bye"


def _tell(console: Console, moved: Moved) -> None:
    for name in moved.path:
        console.print(f"[dim]· {name}[/]")
    match moved.action:
        case Say(prompts) | Collect(prompts) | Record(prompts):
            for prompt in prompts:
                console.print(f"  [bold]{_heard(prompt)}[/]", markup=True)
        case Enqueue(queue, requirement, priority):
            needs = f" ({requirement})" if requirement else ""
            console.print(f"  waits in {queue}{needs}, head start {priority}")
        case LookUp(kind, by, secrets=secrets):
            console.print(f"  looks up {kind} by {', '.join([*by, *secrets])}")
        case CallBack(number):
            console.print(f"  is promised a call to {number}")
        case Transfer(to):
            console.print(f"  is put through to {to}")
        case HangUp():
            console.print("  the call ends")
        case None:
            console.print("  the flow is over")


def _heard(prompt: Spoken) -> str:
    return prompt.text.replace("[", "\\[") if prompt.text else f"♪ {prompt.file}"


def _answer(console: Console, action: Action, typed: Iterator[str]) -> Input:
    """What is only said is heard to its end; what is asked is typed."""
    match action:
        case Say():
            return Done()
        case Collect():
            return _pressed(next(typed))
        case LookUp():
            console.print("  found? name=value …, `none` or `fail`")
            return _found(next(typed))
        case Enqueue():
            console.print("  `answered`, `closed` or `limit`")
            return _of_queue(next(typed))
        case Record():
            console.print("  how many seconds do you speak?")
            return _spoken(next(typed))
        case CallBack() | Transfer():
            console.print("  `done`, `busy`, `no_answer` or `fail`")
            return _of_call(next(typed))
        case HangUp():
            return HungUp()


def _pressed(line: str) -> Input:
    if line == "bye":
        return HungUp()
    keys = line.rstrip("#") or line
    return Keys(keys) if line else Silence()


def _found(line: str) -> Input:
    match line:
        case "bye":
            return HungUp()
        case "none" | "":
            return NotFound()
        case "fail":
            return Failed()
        case _:
            return Found(dict(each.partition("=")[::2] for each in line.split()))


def _of_queue(line: str) -> Input:
    match line:
        case "closed" | "limit":
            return Returned(line)
        case "bye":
            return HungUp()
        case _:
            return Answered()


def _spoken(line: str) -> Input:
    if line == "bye":
        return HungUp()
    try:
        return Recorded(float(line or 0))
    except ValueError:
        return Recorded(0.0)


def _of_call(line: str) -> Input:
    match line:
        case "busy" | "no_answer":
            return Failed(line)
        case "fail":
            return Failed()
        case "bye":
            return HungUp()
        case _:
            return Done()
