"""Do the fast engine and the readable twin decide the same, whatever happens?

A floor is played from its seed: `pytest tests/routing/test_twin.py -k 'seed-17]'` plays floor 17 again.
"""

import ast
import os
from dataclasses import fields, is_dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from routing.engine import Engine
from routing.messages import DomainPolicy, Message
from tests.routing.floors import Floor
from tests.routing.naive_match import NaiveMatch
from tests.routing.scene import Decider, as_the_journey_does, kind_of, numbered

FLOORS = int(os.environ.get("TWIN_FLOORS", "100"))
SMALL_FLOORS = max(4, FLOORS // 5)
SOAK_FLOORS = int(os.environ.get("TWIN_SOAK_FLOORS", "1000"))
MESSAGES = int(os.environ.get("TWIN_MESSAGES", "1000"))

# What is kept, looked up or sorted in another way beyond so many; the answers are the same.
SIZES = (
    "candidates._FEW_BARRED", "capacity._REMEMBERED", "fit._EACH_MAX", "line._KEPT_LINES", "ranking._BLOCK",
    "ranking._FEW_SLOTS", "ranking._SORT_MAX", "staff._FEW_LINES",
)  # fmt: skip

Plain = tuple[str, dict[str, Any]]


@pytest.mark.parametrize("seed", range(FLOORS), ids=lambda seed: f"seed-{seed}")
def test_the_engine_and_its_readable_twin_decide_the_same(seed: int) -> None:
    play(seed, Engine(numbered("segment")))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1_000, 1_000 + SOAK_FLOORS), ids=lambda seed: f"seed-{seed}")
def test_the_engine_and_its_readable_twin_decide_the_same_on_a_thousand_floors(seed: int) -> None:
    play(seed, Engine(numbered("segment")))


@pytest.mark.parametrize("seed", range(2_000, 2_000 + SMALL_FLOORS), ids=lambda seed: f"seed-{seed}")
def test_the_sizes_of_the_engine_s_structures_decide_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines, blocks and memories that only a large centre fills are made so small that they are full here."""
    chance = Random(seed)
    for name in SIZES:
        if chance.random() < 0.7:
            monkeypatch.setattr(f"routing.{name}", chance.randint(1, 4))

    play(seed, Engine(numbered("segment")))


def play(seed: int, engine: Decider) -> None:
    twin, floor = NaiveMatch(numbered("segment"), DomainPolicy()), Floor(seed)
    coming = floor.first_messages()
    for number in range(MESSAGES):
        dues = [due for due in (engine.next_deadline(), twin.next_deadline()) if due is not None]
        message = coming.pop(0) if coming else floor.next_message(min(dues, default=None))
        of_twin, plain_of_twin = answer(twin, message, floor.now_us)
        of_engine, plain_of_engine = answer(engine, message, floor.now_us)
        if plain_of_twin != plain_of_engine:
            pytest.fail(difference(seed, number, message, floor, plain_of_twin, plain_of_engine, of_engine))
        if of_twin is not None:
            floor.ledger.hear(message, of_twin, floor.now_us)
            coming += as_the_journey_does(of_twin)


def answer(decider: Decider, message: Message, now_us: int) -> tuple[list[Any] | None, list[Plain]]:
    """The decisions, and the same without explanations; None and one word for a refusal."""
    try:
        decisions = decider.handle(message, now_us)
    except Exception as refusal:
        if kind_of(refusal) not in ("Refusal", "Refused"):
            raise
        return None, [("refused", {})]
    return decisions, [plain(decision) for decision in decisions]


def plain(decision: Any) -> Plain:
    names = [field.name for field in fields(decision)] if is_dataclass(decision) else list(vars(decision))
    values = {name: getattr(decision, name) for name in names if name not in ("kind", "explanation")}
    return kind_of(decision), values


def difference(
    seed: int, number: int, message: Message, floor: Floor, twin: list[Plain], engine: list[Plain], raw: Any
) -> str:
    lines = [f"seed {seed}, message {number} at {floor.now_us}: {message}"]
    for index in range(max(len(twin), len(engine))):
        of_twin = twin[index] if index < len(twin) else None
        of_engine = engine[index] if index < len(engine) else None
        mark = " " if of_twin == of_engine else "!"
        lines += [f"{mark} twin   {of_twin}", f"{mark} engine {of_engine}"]
    explanations = [getattr(decision, "explanation", None) for decision in raw or ()]
    return "\n".join([*lines, *(f"because {each}" for each in explanations if each)])


def test_the_twin_imports_the_shared_words_and_nothing_else_of_ours() -> None:
    """Else both could be wrong in the same way."""
    here = Path(__file__).parent
    parts = ("naive_match", "naive_floor", "naive_acts")
    for path in (here / f"{part}.py" for part in parts):
        lines = path.read_text("utf-8").splitlines()
        imported = {
            node.module if isinstance(node, ast.ImportFrom) else alias.name
            for node in ast.walk(ast.parse("\n".join(lines)))
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        ours = {name for name in imported if name and name.split(".")[0] in ("contacts", "routing", "app", "tests")}

        assert {name for name in ours if not name.startswith("contacts.")} <= {
            f"tests.routing.{part}" for part in parts
        }
        assert len(lines) <= 400, f"{path.name} is no longer quickly read"
