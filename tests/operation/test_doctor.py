"""Does the doctor find what is wrong, and name the cure?"""

import resource
from datetime import date
from pathlib import Path

import pytest

from app.doctor import (
    Check,
    as_json,
    examine,
    exit_code,
    judge_clock,
    judge_connections,
    judge_disk,
    judge_durable,
    judge_open_files,
    judge_partitions,
    judge_redis,
    judge_schema,
    judge_version,
)
from app.settings import Settings

GIB = 2**30


def month(first: str, until: str) -> str:
    return f"FOR VALUES FROM ('{first} 00:00:00+00') TO ('{until} 00:00:00+00')"


AHEAD = [
    month("2026-10-01", "2026-11-01"),
    month("2026-11-01", "2026-12-01"),
    month("2026-12-01", "2027-01-01"),
    month("2027-01-01", "2027-02-01"),
    "DEFAULT",
]


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (judge_version(150_000), "ok"),
        (judge_version(140_011), "fail"),
        (judge_durable("fsync", "on"), "ok"),
        (judge_durable("fsync", "off"), "fail"),
        (judge_durable("synchronous_commit", "remote_apply"), "ok"),
        (judge_durable("synchronous_commit", "off"), "fail"),
        (judge_durable("full_page_writes", "off"), "fail"),
        (judge_clock(0.02), "ok"),
        (judge_clock(-0.6), "warn"),
        (judge_clock(6.0), "fail"),
        (judge_disk(Path("/data"), 6 * GIB), "ok"),
        (judge_disk(Path("/data"), 3 * GIB), "warn"),
        (judge_disk(Path("/data"), GIB // 2), "fail"),
        (judge_open_files(1024), "warn"),
        (judge_open_files(65_536), "ok"),
        (judge_open_files(resource.RLIM_INFINITY), "ok"),
        (judge_connections(100, 3, 10), "ok"),
        (judge_connections(20, 3, 10), "warn"),
        (judge_redis({"redis_version": "7.0.15"}), "ok"),
        (judge_redis({"redis_version": "5.0.3"}), "fail"),
        (judge_schema("0007", "0007"), "ok"),
        (judge_schema("0006", "0007"), "fail"),
        (judge_schema(None, "0007"), "fail"),
        (judge_partitions(AHEAD, date(2026, 10, 31)), "ok"),
        (judge_partitions(AHEAD, date(2026, 11, 1)), "warn"),
        (judge_partitions(["DEFAULT"], date(2026, 11, 1)), "fail"),
    ],
)
def test_every_verdict_but_ok_names_a_cure(check: Check, state: str) -> None:
    assert check.state == state
    assert bool(check.cure) == (state != "ok")


def test_a_missing_month_is_named() -> None:
    assert "2027-02" in judge_partitions(AHEAD, date(2026, 11, 30)).saw


async def test_a_healthy_database_has_no_failure(database: str, tmp_path: Path) -> None:
    checks = await examine(Settings(database_url=database, home=tmp_path, secret_key="k" * 32))

    names = {check.name for check in checks}
    assert {"database", "fsync", "synchronous_commit", "clock", "schema", "partitions", "disk", "pages"} <= names
    assert [check for check in checks if check.state == "fail"] == []
    assert exit_code(checks) == 0


async def test_a_database_that_does_not_answer_is_one_failure_with_a_cure(tmp_path: Path) -> None:
    url = f"postgresql://postgres@/nowhere?host={tmp_path}"

    checks = await examine(Settings(database_url=url, home=tmp_path, secret_key="k" * 32))
    assert [(check.name, check.cure) for check in checks if check.state == "fail"] == [
        ("database", "start it, or correct DATABASE_URL")
    ]
    assert exit_code(checks) == 1
    assert as_json(checks)["healthy"] is False


async def test_a_secret_others_can_read_and_a_short_one_are_found(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("k" * 32)
    secret.chmod(0o644)
    url = f"postgresql://postgres@/nowhere?host={tmp_path}"

    readable = await examine(Settings(database_url=url, home=tmp_path, secret_key_file=secret))
    secret.write_text("short")
    short = await examine(Settings(database_url=url, home=tmp_path, secret_key_file=secret))
    assert {check.name: check.state for check in readable}["secret key"] == "warn"
    assert {check.name: check.state for check in short}["secret key"] == "fail"
