"""Do settings come from the environment, and is a wrong one refused with a reason?"""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, with_database


def test_addresses_of_databases_have_their_usual_names_everything_else_our_prefix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/one")
    monkeypatch.setenv("REDIS_URL", "redis://bus")
    monkeypatch.setenv("JACKFIELD_HOME", str(tmp_path))
    monkeypatch.setenv("JACKFIELD_PORT", "9000")
    monkeypatch.setenv("PORT", "1")

    settings = Settings()
    assert (settings.database_url, settings.redis_url) == ("postgresql://db/one", "redis://bus")
    assert (settings.home, settings.port) == (tmp_path, 9000)
    assert settings.base_url == "http://127.0.0.1:9000"


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")

    assert Settings().embedded


def test_a_role_of_several_processes_without_their_bus_is_refused() -> None:
    with pytest.raises(ValidationError, match="REDIS_URL"):
        Settings(role="api")


def test_a_home_gets_one_secret_even_if_many_ask_at_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")

    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: settings.signing_key(), range(32)))
    assert len(keys) == 1
    assert stat.S_IMODE((tmp_path / "home" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret_key"]


def test_a_secret_is_never_printed() -> None:
    assert "hunter2" not in repr(Settings(secret_key="hunter2" * 8))


def test_an_installation_with_its_own_database_must_be_given_a_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JACKFIELD_SECRET_KEY"):
        Settings(database_url="postgresql://db/one", home=tmp_path).signing_key()


def test_another_database_of_a_server_keeps_everything_else() -> None:
    url = "postgresql://postgres@/one?host=/run/sockets&port=5432"

    assert with_database(url, "two") == "postgresql://postgres@/two?host=/run/sockets&port=5432"


@pytest.mark.parametrize(
    ("told", "place"), [("127.0.0.1:2424", ("127.0.0.1", 2424)), ("[::1]:24", ("::1", 24)), ("mx.lan:1", ("mx.lan", 1))]
)
def test_where_mails_are_brought_is_a_host_and_a_port(told: str, place: tuple[str, int]) -> None:
    assert Settings(lmtp=told).lmtp_place == place


@pytest.mark.parametrize("told", ["2424", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:24", "a b:24", "host:x"])
def test_what_is_no_place_is_refused(told: str) -> None:
    with pytest.raises(ValidationError, match="lmtp"):
        Settings(lmtp=told)
