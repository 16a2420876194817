"""What does the server of a replay know of the installation it was started beside?"""

import os
from pathlib import Path

import pytest

from app.launch import server_environment
from app.settings import Settings


def test_the_server_of_a_replay_shares_no_bus_and_no_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On the installation's bus it would take that installation's commands, and answer them from its own database."""
    monkeypatch.setenv("REDIS_URL", "redis://of.the.installation/0")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@installation/jackfield")
    monkeypatch.setenv("JACKFIELD_ROLE", "api")
    monkeypatch.setenv("JACKFIELD_HOME", str(tmp_path))
    given = server_environment(Settings(), "postgresql://replay@here/fresh", 8123)
    for name, value in (os.environ | given).items():
        monkeypatch.setenv(name, value)
    settings = Settings()

    assert (settings.redis_url, settings.database_owner_url, settings.role) == (None, None, "all")
    assert settings.database_url == "postgresql://replay@here/fresh"
