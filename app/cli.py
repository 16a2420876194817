"""What can an operator do from the command line?"""

from importlib.metadata import version as installed_version

import typer

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Jackfield, a self-hosted omnichannel contact centre."
)


@app.callback()
def jackfield() -> None:
    """Without this callback typer would fold a single command into the program itself."""


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(installed_version("jackfield"))


if __name__ == "__main__":
    app()
