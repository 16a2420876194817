"""Do the import rules bite?"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("contacts", "routing", "ivr", "outbound", "screenpop", "analytics", "app", "floor")
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"

PLANTS = {
    "contacts/planted.py": "import floor\n",
    "routing/planted.py": "import asyncio\nimport screenpop\n",
    "floor/planted.py": "import app.settings\n",
    "app/channels/planted.py": "import app.store\n",
    "app/store/planted.py": "import routing\nimport app.api\n",
}


def copy_of_the_code(folder: Path) -> Path:
    for name in CODE:
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint_imports(folder: Path) -> dict[str, str]:
    """Contract -> KEPT or BROKEN."""
    command = [sys.executable, "-c", LINT, "--no-cache"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)$", said.stdout, re.MULTILINE))
    assert verdicts, said.stdout + said.stderr
    return verdicts


def test_every_import_contract_is_kept_and_notices_a_planted_violation(tmp_path: Path) -> None:
    folder = copy_of_the_code(tmp_path)
    before = lint_imports(folder)
    for name, text in PLANTS.items():
        (folder / name).write_text(text)
    with (folder / "app/journey.py").open("a") as journey:
        journey.write("\nimport sqlalchemy\n")
    after = lint_imports(folder)

    assert set(before.values()) == {"KEPT"}
    assert set(after.values()) == {"BROKEN"}, [name for name, verdict in after.items() if verdict == "KEPT"]


@pytest.mark.parametrize(
    "line",
    [
        "import asyncio",
        "from os import environ",
        "import httpx2",
        "from sqlalchemy import select",
        "from datetime import datetime; datetime.now()",
        "import time; time.time()",
        "from uuid import uuid4; uuid4()",
        "import random",
    ],
)
def test_a_room_that_reaches_for_the_world_is_refused(line: str) -> None:
    for room in ("contacts", "routing", "ivr", "outbound", "screenpop", "analytics"):
        assert "TID251" in ruff(f"{room}/planted.py", line), room
    assert "TID251" not in ruff("app/planted.py", line)


def ruff(path: str, text: str) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", path, "-"]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False).stdout
