"""Does the room of the shared words stay small, and does it need nobody?"""

import ast
from pathlib import Path

ROOM = Path(__file__).parents[2] / "contacts"
OURS = {"routing", "ivr", "outbound", "screenpop", "analytics", "app", "floor", "tests", "bench"}
MAX_LINES = 1_500  # of the whole room
MAX_FILE_LINES = 300


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            names.add((node.module or "").partition(".")[0])
    return names


def test_the_room_imports_nothing_of_ours() -> None:
    for path in ROOM.glob("*.py"):
        assert not imported(path) & OURS, path.name


def test_the_room_stays_small() -> None:
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in ROOM.glob("*.py")}

    assert lines
    assert sum(lines.values()) <= MAX_LINES
    assert max(lines.values()) <= MAX_FILE_LINES, lines


def test_every_file_begins_with_its_question() -> None:
    for path in ROOM.glob("*.py"):
        question = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        assert question.split("\n")[0], path.name
