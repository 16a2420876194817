"""What can an operator do from the command line?"""

import asyncio
import json
from importlib.metadata import version as installed_version
from typing import Annotated

import typer
from rich.console import Console

from app import doctor as diagnosis
from app.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Jackfield, a self-hosted omnichannel contact centre."
)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(installed_version("jackfield"))


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


if __name__ == "__main__":
    app()
