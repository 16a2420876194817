"""Which real parts do tests share?

One PostgreSQL a session (TEST_DATABASE_URL, or the embedded one in a folder of its own), one migrated template,
a fresh copy of it for each test.
"""

import asyncio
import inspect
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.settings import with_database

_copies = itertools.count(1)

LONG_FIRST = ("pbx", "mail", "browser", "routing", "floor", "faults", "journey", "desk", "api")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: then no process is left alone with a long file at the end."""
    folders = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        folder = item.path.relative_to(folders).parts[0]
        return LONG_FIRST.index(folder) if folder in LONG_FIRST else len(LONG_FIRST)

    items.sort(key=turn)


def outside_any_loop(work: Callable[[], Any]) -> Any:
    """Run `work`, a coroutine function or a plain one, in a thread: the loop of an async test may be running here."""

    def run() -> Any:
        result = work()
        return asyncio.run(result) if inspect.iscoroutine(result) else result

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


@dataclass(frozen=True, slots=True)
class Postgres:
    admin_url: str

    def url_of(self, database: str) -> str:
        return with_database(self.admin_url, database)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A folder outside pytest's own: that one is closed to the user the server runs as when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="jackfield-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[Postgres]:
    """A running server; no database of it is anybody's yet."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Postgres(given)
        return
    from app.store.embedded import start_embedded

    embedded = outside_any_loop(lambda: start_embedded(home))
    yield Postgres(embedded.admin_url)
    outside_any_loop(embedded.stop)


@pytest.fixture(scope="session")
def template_database(postgres: Postgres) -> Iterator[str]:
    """The name of a migrated, empty database; nobody connects to it."""
    from app.store.embedded import create_database, drop_database
    from app.store.migrate import upgrade

    name = f"template_{os.getpid()}"

    outside_any_loop(lambda: create_database(postgres.admin_url, name))
    outside_any_loop(lambda: upgrade(postgres.url_of(name)))
    yield name
    outside_any_loop(lambda: drop_database(postgres.admin_url, name))


def _databases(postgres: Postgres, template: str) -> Iterator[Callable[[], str]]:
    from app.store.embedded import create_database, drop_database

    made: list[str] = []

    def make() -> str:
        name = f"test_{os.getpid()}_{next(_copies)}"
        outside_any_loop(lambda: create_database(postgres.admin_url, name, template))
        made.append(name)
        return postgres.url_of(name)

    yield make
    for name in made:
        outside_any_loop(lambda name=name: drop_database(postgres.admin_url, name))


@pytest.fixture
def new_database(postgres: Postgres, template_database: str) -> Iterator[Callable[[], str]]:
    """Makes one more migrated, empty database at each call; returns its URL."""
    yield from _databases(postgres, template_database)


@pytest.fixture(scope="module")
def new_database_of_module(postgres: Postgres, template_database: str) -> Iterator[Callable[[], str]]:
    """The same, for what all tests of a file share."""
    yield from _databases(postgres, template_database)


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The URL of a migrated, empty database of this test's own."""
    return new_database()


@pytest.fixture
async def server(database: str, tmp_path: Path) -> Any:
    """A real server process that is ready; killed at the end, whatever happened."""
    from tests.serving import Server

    started = Server(database, tmp_path / "server.log")
    started.start()
    try:
        await started.until_ready()
        yield started
    finally:
        started.kill()


@pytest.fixture(scope="module")
def shared_server(new_database_of_module: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One server for all tests of a file; each makes a company of its own."""
    from tests.serving import Server

    many_logins = {"JACKFIELD_LOGIN_ATTEMPTS_PER_MINUTE": "1000"}
    log = tmp_path_factory.mktemp("server") / "server.log"
    started = Server(new_database_of_module(), log, environment=many_logins)
    started.start()
    try:
        outside_any_loop(started.until_ready)
        yield started
    finally:
        started.kill()


@pytest.fixture
async def api(server: Any) -> Any:
    """An operator's key at the server's public doors."""
    from tests.serving import api_of

    async with api_of(server) as calls:
        yield calls
