"""Files that somebody sent are scanned when they are wanted: by a program of the installation's, whatever it does."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from app import scanning
from app.api.handing_out import handed_out
from app.doctor import _scanner
from app.problems import Problem
from app.scanning import EICAR, scan

Program = Callable[[str], str]
KNOWS_EICAR = "grep -q EICAR-STANDARD-ANTIVIRUS-TEST-FILE && exit 1; exit 0"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """As an administrator would have put one there."""

    def write(text: str) -> str:
        path = tmp_path / "scan it"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return f"'{path}'"

    return write


@pytest.mark.parametrize(
    ("does", "content", "verdict"),
    [
        (KNOWS_EICAR, EICAR, "harmful"),
        (KNOWS_EICAR, b"a letter", "clean"),
        (KNOWS_EICAR, b"x" * 3_000_000, "clean"),
        ("exit 2", b"a letter", "unknown"),
        ("kill -9 $$", b"a letter", "unknown"),
        ("exit 1", b"x" * 3_000_000, "harmful"),  # it does not read to the end
    ],
)
async def test_a_file_is_what_the_program_says_of_it(program: Program, does: str, content: bytes, verdict: str) -> None:
    assert await scan(program(does), content) == verdict


async def test_a_program_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert await scan(str(tmp_path / "nowhere"), b"") == "unknown"
    assert await scan("'unclosed", b"") == "unknown"


async def test_a_program_that_never_ends_is_ended(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "SCAN_S", 0.3)
    left = tmp_path / "left"

    assert await scan(program(f"sleep 1; touch {left}"), b"") == "unknown"
    assert await scan(program("exit 0"), b"") == "clean", "and the next has its turn"


async def test_no_shell_reads_what_is_configured(tmp_path: Path) -> None:
    made = tmp_path / "made"

    assert await scan(f"/bin/true; touch {made}", b"") in ("clean", "unknown")
    assert not made.exists()


async def test_the_program_knows_no_secret_of_ours(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACKFIELD_SECRET_KEY", "s" * 40)

    assert await scan(program('[ -z "$JACKFIELD_SECRET_KEY" ] && exit 0; exit 1'), b"") == "clean"


@pytest.mark.parametrize(
    ("does", "content", "status", "text_key"),
    [(KNOWS_EICAR, EICAR, 403, "file.harmful"), ("exit 2", b"a letter", 503, "file.not_scanned")],
)
async def test_what_is_harmful_or_not_known_is_not_handed_out(
    program: Program, does: str, content: bytes, status: int, text_key: str
) -> None:
    with pytest.raises(Problem) as refused:
        await handed_out(program(does), content, "a", "text/plain")

    assert (refused.value.status, refused.value.body["text_key"]) == (status, text_key)


@pytest.mark.parametrize("scanner", [None, KNOWS_EICAR])
async def test_what_is_clean_is_handed_out_to_be_kept(program: Program, scanner: str | None) -> None:
    answer = await handed_out(scanner and program(scanner), b"a letter", "a \u00fc.txt", "text/plain")

    assert answer.body == b"a letter"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a%20%C3%BC.txt"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_doctor_asks_about_a_file_that_all_scanners_know(program: Program) -> None:
    assert (await _scanner(program(KNOWS_EICAR))).state == "ok"
    assert (await _scanner(program("exit 0"))).state == "fail"
    assert (await _scanner("/nowhere/at/all")).state == "fail"
