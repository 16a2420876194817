"""Who is asked? Every table and every story is told to the readable twin and to the engine."""

from collections.abc import Callable

import pytest

from routing.engine import Engine
from routing.messages import DomainPolicy
from tests.routing.naive_match import NaiveMatch
from tests.routing.scene import Decider, Scene, numbered


def the_twin() -> Decider:
    return NaiveMatch(numbered("segment"), DomainPolicy())


def the_engine() -> Decider:
    return Engine(numbered("segment"))


@pytest.fixture(params=[the_twin, the_engine], ids=["twin", "engine"])
def scene(request: pytest.FixtureRequest) -> Scene:
    decide: Callable[[], Decider] = request.param
    return Scene(decide())
