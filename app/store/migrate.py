"""How do the tables come to the form this version knows? Forward only, each topic one file in migrations/."""

import re
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from app.store.database import APP_ROLE, owner_engine

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"
ONE_AT_A_TIME = 0x6A61636B  # several processes may start at once


async def upgrade(url: str, app_url: str | None = None) -> None:
    """Bring the database to the newest form. `app_url`: who `serve` connects as, if it is not the owner."""
    engine = owner_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
            await connection.run_sync(_upgrade)
            user = make_url(app_url).username if app_url else None
            if user and user != make_url(url).username:
                await connection.execute(text(f"GRANT {APP_ROLE} TO {_quoted(user)}"))
    finally:
        await engine.dispose()


async def current(url: str) -> str | None:
    """Where the database stands; None: nothing of ours is there."""
    engine = owner_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_current)
    finally:
        await engine.dispose()


def head() -> str:
    """What this version needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise FileNotFoundError(f"no migrations in {SCRIPTS}")
    return revision


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _quoted(name: str) -> str:
    if not re.fullmatch(r"[^\"\x00]{1,63}", name):
        raise ValueError(f"user {name!r} of DATABASE_URL: expected a name without quotes")
    return f'"{name}"'
