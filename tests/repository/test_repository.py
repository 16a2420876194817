"""Does the repository keep its own rules?"""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"https?://|file://|git\+|--index-url|--find-links")
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "manager", "service", "base", "impl", "common", "misc"}


def files_in_git() -> list[Path]:
    try:
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, or no git: apt-get install git")
    return [ROOT / name for name in said.split("\0") if name and (ROOT / name).exists()]


def python_files() -> list[Path]:
    return [path for path in files_in_git() if path.suffix == ".py"]


LOCKS = ["requirements.lock", "requirements-image.lock", "requirements-node.lock"]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_versions_and_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text()
    releases = re.findall(r"^[a-z0-9][\w.-]*==\S+", text, re.MULTILINE)

    assert releases
    assert not ADDRESS.search(text)
    assert text.count("--hash=sha256:") >= len(releases)


def test_the_image_gets_the_releases_that_were_tested() -> None:
    tested, shipped = (re.findall(r"^[a-z0-9][\w.-]*==\S+", (ROOT / name).read_text(), re.M) for name in LOCKS[:2])

    assert set(shipped) <= set(tested)


def test_the_lock_of_the_pages_holds_no_addresses() -> None:
    lock = ROOT / "web" / "package-lock.json"
    if not lock.exists():
        pytest.skip("web/ has no lock yet")

    assert '"resolved"' not in lock.read_text()


def test_every_file_begins_with_what_it_answers() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if path.stat().st_size > 0 and ast.get_docstring(ast.parse(path.read_text())) is None
    ]

    assert silent == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in files_in_git() if path.stem in NAMES_THAT_SAY_NOTHING] == []


def test_tests_have_no_init_file() -> None:
    """tests/routing would shadow routing."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
