"""What does `jackfield asterisk-config` write, with a database and without one?"""

import os
import stat
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from app import asterisk_config
from app.front import policy
from app.phone_sockets import PhoneSockets, origins_of
from app.softphones import Softphone, password_of, user_of
from tests.serving import SECRET
from tests.store.centre import new_id

OTHERS = {"extensions-jackfield.conf", "ari-jackfield.conf", "http-jackfield.conf"}


def configured(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    known = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "JACKFIELD_HOME")}
    command = [sys.executable, "-m", "app.cli", "asterisk-config", str(folder)]
    return subprocess.run(
        command, env={**known, "JACKFIELD_SECRET_KEY": SECRET, **environment}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


async def an_agent(database: str, name: str, softphone: bool) -> str:
    conn = await asyncpg.connect(database)
    user_id, agent_id = new_id(), new_id()
    await conn.execute("INSERT INTO app_user (id, login, name) VALUES ($1::text::uuid, $2, $2)", user_id, name)
    await conn.execute(
        "INSERT INTO agent (id, user_id, domain_id, softphone) VALUES ($1::text::uuid, $2::text::uuid, 1, $3)",
        agent_id, user_id, softphone,
    )  # fmt: skip
    await conn.close()
    return agent_id


async def test_each_softphone_of_the_database_is_written_and_written_anew(database: str, tmp_path: Path):
    first = await an_agent(database, "ada", True)
    other = await an_agent(database, "ben", False)
    configured(tmp_path, DATABASE_URL=database)
    (tmp_path / "ari-jackfield.conf").write_text("mine")
    second = await an_agent(database, "cleo", True)

    ran = configured(tmp_path, DATABASE_URL=database)

    written = tmp_path / asterisk_config.SOFTPHONES_FILE
    assert ran.returncode == 0, ran.stderr
    for agent_id in (first, second):
        assert f"[{user_of(agent_id)}](jackfield-softphone)" in written.read_text()
        assert f"password={password_of(SECRET.encode(), agent_id)}\n" in written.read_text()
    assert user_of(other) not in written.read_text()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert (tmp_path / "ari-jackfield.conf").read_text() == "mine"


@pytest.mark.parametrize("known", [{"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}, {"JACKFIELD_HOME": ""}])
def test_without_a_database_the_other_files_are_written_and_it_says_so(tmp_path: Path, known: dict[str, str]):
    environment = {name: value or str(tmp_path / "no-home") for name, value in known.items()}

    ran = configured(tmp_path / "etc", **environment)

    assert ran.returncode == 0, ran.stderr
    assert {path.name for path in (tmp_path / "etc").iterdir()} == OTHERS
    assert "no softphones" in ran.stderr
    assert not (tmp_path / "no-home").exists()


def test_a_name_cannot_write_configuration():
    name = ";--\n[evil]\ntype=endpoint"
    text = asterisk_config.softphones([Softphone("jf-1", "secret", name)])

    assert [line for line in text.splitlines() if line.startswith(("[evil", "type=endpoint"))] == ["type=endpoint"]
    assert ";--" not in text.replace("; --", "")


def test_the_page_may_speak_to_the_configured_sockets_by_their_origins_alone():
    origins = origins_of(["wss://pbx.example/ws", "ws://10.0.0.7:8088/ws?x", "wss://pbx.example/other", "nonsense"])

    assert origins == ["ws://10.0.0.7:8088", "wss://pbx.example"]
    assert "connect-src 'self' ws://10.0.0.7:8088 wss://pbx.example;" in policy(origins)
    assert "connect-src 'self';" in policy()


async def test_while_the_database_is_away_the_last_known_sockets_hold(monkeypatch: pytest.MonkeyPatch):
    answers: list[list[str] | None] = [["wss://pbx.example/ws"], None]

    async def read() -> list[str]:
        answer = answers.pop(0)
        if answer is None:
            raise ConnectionRefusedError
        return answer

    monkeypatch.setattr("app.phone_sockets.KEPT_S", -1.0)
    sockets = PhoneSockets(read)

    assert [await sockets.origins(), await sockets.origins()] == [["wss://pbx.example"]] * 2
    assert answers == []
