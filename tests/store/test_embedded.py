"""Does the embedded PostgreSQL keep its promises when processes die?"""

import asyncio
import os
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from app.store.embedded import (
    Embedded,
    create_database,
    data_folder,
    drop_database,
    socket_folder,
    start_embedded,
)

PATIENCE_S = 30.0

# A process of ours that starts the server, says so, and then waits to be killed.
HOLDER = """
import asyncio, sys
from pathlib import Path
from app.store.embedded import start_embedded

async def hold():
    embedded = await start_embedded(Path(sys.argv[1]))
    print(embedded.pid(), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await embedded.stop()

asyncio.run(hold())
"""


@pytest.fixture
def home() -> AsyncIterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="jackfield-test-")).resolve()
    yield folder
    shutil.rmtree(socket_folder(folder), ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture
async def embedded(home: Path) -> AsyncIterator[Embedded]:
    server = await start_embedded(home)
    yield server
    await server.stop()


@asynccontextmanager
async def another_process(home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(home), stdin=pipe, stdout=pipe, start_new_session=True
    )
    try:
        assert process.stdout is not None
        process.started_pid = int(await process.stdout.readline())  # type: ignore[attr-defined]
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def tell(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def until(condition: Callable[[], Awaitable[bool] | bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            result = condition()
            if result if isinstance(result, bool) else await result:
                return
            await asyncio.sleep(0.02)


async def test_what_was_committed_is_there_after_a_clean_stop_and_a_start(home: Path) -> None:
    first = await start_embedded(home)
    await tell(first.url, "CREATE TABLE kept AS SELECT 42 AS n")
    await first.stop()
    assert not first.is_running()

    second = await start_embedded(home)
    try:
        assert await ask(second.url, "SELECT n FROM kept") == 42
    finally:
        await second.stop()


async def test_a_commit_is_on_disk_before_it_is_confirmed(embedded: Embedded) -> None:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await ask(embedded.url, f"SHOW {name}") == "on"


async def test_it_listens_on_a_private_unix_socket_only(embedded: Embedded) -> None:
    folder = socket_folder(embedded.home)

    assert await ask(embedded.url, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(data_folder(embedded.home).stat().st_mode) == 0o700


async def test_a_server_whose_starter_was_killed_is_adopted_not_restarted(home: Path) -> None:
    async with another_process(home) as process:
        started_pid = process.started_pid  # type: ignore[attr-defined]
        process.send_signal(signal.SIGKILL)
        await process.wait()
    adopted = await start_embedded(home)
    try:
        assert adopted.pid() == started_pid
        assert adopted.is_running()
    finally:
        await adopted.stop()
    assert not adopted.is_running()


async def test_a_server_that_another_process_uses_stays_when_we_leave(home: Path) -> None:
    async with another_process(home) as process:
        ours = await start_embedded(home)
        await ours.stop()

        assert ours.pid() == process.started_pid  # type: ignore[attr-defined]
        assert await ask(ours.url, "SELECT 1") == 1

        await process.communicate(b"")
        assert process.returncode == 0
        assert ours.pid() is None, "the last one out stops the server"


async def test_a_killed_server_is_started_again_with_everything_committed(embedded: Embedded) -> None:
    await tell(embedded.url, "CREATE TABLE kept AS SELECT 42 AS n")
    watch = asyncio.create_task(embedded.watch())
    killed = embedded.pid()
    assert killed is not None

    os.kill(killed, signal.SIGKILL)
    await until(lambda: embedded.restarts == 1)
    watch.cancel()

    assert embedded.pid() != killed
    assert await ask(embedded.url, "SELECT n FROM kept") == 42


async def test_a_busy_backend_of_a_killed_server_does_not_block_the_next(embedded: Embedded) -> None:
    """A backend inside a long statement does not notice that its server is gone, and keeps its memory."""
    connection = await asyncpg.connect(embedded.url)
    await connection.execute("SET statement_timeout = '60s'")  # should this test ever fail
    busy = asyncio.create_task(connection.execute("DO $$ BEGIN LOOP NULL; END LOOP; END $$"))
    await until(lambda: _is(embedded, "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'DO %'"))
    killed = embedded.pid()
    assert killed is not None

    os.kill(killed, signal.SIGKILL)
    await until(lambda: embedded.pid() is None)
    again = await start_embedded(embedded.home)

    assert await ask(again.url, "SELECT 1") == 1
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await busy
    connection.terminate()
    await again.stop()


async def _is(embedded: Embedded, query: str) -> bool:
    return bool(await ask(embedded.admin_url, query))


async def test_a_pid_file_that_names_somebody_else_is_not_believed(home: Path) -> None:
    server = await start_embedded(home)
    killed = server.pid()
    assert killed is not None
    pid_file = data_folder(home) / "postmaster.pid"
    lines = pid_file.read_text().splitlines(keepends=True)
    os.kill(killed, signal.SIGKILL)
    await until(lambda: server.pid() is None)
    pid_file.write_text(f"{os.getpid()}\n" + "".join(lines[1:]))
    await server.stop()  # would stop this very process if the file were believed

    again = await start_embedded(home)
    try:
        assert again.pid() not in (None, killed, os.getpid())
    finally:
        await again.stop()


async def test_a_server_whose_socket_was_cleaned_away_gets_a_new_one(embedded: Embedded) -> None:
    shutil.rmtree(socket_folder(embedded.home))

    again = await start_embedded(embedded.home)
    assert await ask(again.url, "SELECT 1") == 1
    await again.stop()


async def test_a_first_start_that_was_interrupted_leaves_nothing_half_made(home: Path) -> None:
    unfinished = home / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")

    server = await start_embedded(home)
    try:
        assert await ask(server.url, "SELECT 1") == 1
        assert not unfinished.exists()
    finally:
        await server.stop()


async def test_a_deep_home_with_spaces_works(home: Path) -> None:
    deep = home / ("a folder with a long name " * 3).strip() / ("and another one " * 5).strip()

    server = await start_embedded(deep)
    try:
        assert await ask(server.url, "SELECT 1") == 1
    finally:
        await server.stop()
        shutil.rmtree(socket_folder(deep), ignore_errors=True)


async def test_no_value_of_a_row_reaches_the_log(embedded: Embedded) -> None:
    await tell(embedded.url, "CREATE TABLE person(name text PRIMARY KEY)")
    await tell(embedded.url, "INSERT INTO person VALUES ('Zaphod Beeblebrox')")
    for refused in ("INSERT INTO person VALUES ('Zaphod Beeblebrox')", "SELECT 'Zaphod Beeblebrox'::int"):
        with pytest.raises(asyncpg.PostgresError):
            await tell(embedded.url, refused)
    await embedded.stop()

    logs = [path.read_text() for path in (data_folder(embedded.home) / "log").iterdir()]
    assert any("database system is shut down" in text for text in logs)
    assert not any("Zaphod" in text for text in logs)


async def test_a_copy_of_a_template_is_a_database_of_its_own(embedded: Embedded) -> None:
    await tell(embedded.url, "CREATE TABLE kept AS SELECT 42 AS n")

    await create_database(embedded.admin_url, "copy", "jackfield")
    await tell(embedded.url_of("copy"), "UPDATE kept SET n = 43")
    assert await ask(embedded.url, "SELECT n FROM kept") == 42
    assert await ask(embedded.url_of("copy"), "SELECT n FROM kept") == 43

    await drop_database(embedded.admin_url, "copy")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await ask(embedded.url_of("copy"), "SELECT 1")


@pytest.mark.parametrize("name", ["", "Upper", "1st", 'a"; DROP DATABASE jackfield; --', "a" * 64])
async def test_a_name_that_needs_quoting_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="database name"):
        await create_database("postgresql://nowhere", name)
