"""What the doctor says about faxes: pure judgements, the folder as it is, and an Asterisk that answers by ARI."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from app.doctor_fax import examine_fax, judge_folder, judge_modules, look_at
from app.seals import seal
from app.switchboard import new_id

KEY = b"k" * 32
RUNNING = '{"name": "m", "status": "Running"}'


@pytest.mark.parametrize(
    ("seen", "state", "word"),
    [
        ((True, True, 0o2770), "ok", ""),
        ((True, True, 0o700), "warn", "0700"),
        ((True, False, 0o777), "fail", "cannot be written"),
        ((False, False, 0), "fail", "not there"),
    ],
)
def test_a_folder_is_judged_with_its_cure(seen: tuple[bool, bool, int], state: str, word: str) -> None:
    found = judge_folder(Path("/var/fax"), *seen)

    assert (found.state, bool(found.cure)) == (state, state != "ok")
    assert word in found.saw


def test_a_folder_is_looked_at_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)

    assert look_at(tmp_path) == (True, True, 0o770)
    assert look_at(tmp_path / "none") == (False, False, 0)
    assert list(tmp_path.iterdir()) == [], "nothing is left of the look"


def test_a_module_that_does_not_run_is_named() -> None:
    found = judge_modules("fax by pbx", {"res_fax.so": "Running", "res_fax_spandsp.so": None})

    assert (found.state, "res_fax_spandsp.so" in found.saw) == ("fail", True)
    assert "res_fax.so" not in found.saw.split()
    assert judge_modules("fax by pbx", {"res_fax.so": "Running"}).state == "ok"


@contextlib.asynccontextmanager
async def exchange(*modules: str) -> AsyncIterator[str]:
    """Its ARI, as far as it is asked here."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            asked = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode().rpartition("/")[2]
            body = RUNNING if asked in modules else '{"message": "none"}'
            status = "200 OK" if asked in modules else "404 Not Found"
            head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            writer.write(f"{head}connection: close\r\n\r\n{body}".encode())
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/ari"
    finally:
        listening.close()


async def test_where_faxes_are_wanted_each_exchange_is_asked_for_its_modules(database: str, tmp_path: Path) -> None:
    conn = await asyncpg.connect(database)
    tmp_path.chmod(0o770)
    try:
        company_id = new_id()
        unwanted = await examine_fax(conn, KEY, tmp_path)
        await conn.execute("INSERT INTO company (id, slug, name) VALUES ($1, 'acme', 'Acme')", company_id)
        await conn.execute(
            "INSERT INTO number (id, company_id, address, kind) VALUES ($1, $2, '+49301', 'fax')", new_id(), company_id
        )
        alone = await examine_fax(conn, KEY, tmp_path)
        async with exchange("res_fax.so") as half, exchange("res_fax.so", "res_fax_spandsp.so") as whole:
            for name, url in (("half", half), ("whole", whole)):
                await conn.execute(
                    "INSERT INTO asterisk (id, domain_id, name, url, username, sealed, application) "
                    "VALUES ($1, 1, $2, $3, 'u', $4, 'jackfield')",
                    new_id(), name, url, seal(KEY, "secret"),
                )  # fmt: skip
            found = {each.name: each for each in await examine_fax(conn, KEY, tmp_path)}
    finally:
        await conn.close()

    assert unwanted == []
    assert [each.state for each in alone] == ["ok", "warn"]
    assert {name: each.state for name, each in found.items()} == {
        "fax folder": "ok", "fax by half": "fail", "fax by whole": "ok",
    }  # fmt: skip
    assert "res_fax_spandsp.so" in found["fax by half"].cure
