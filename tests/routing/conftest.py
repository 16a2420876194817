"""Who is asked? Every table and every story is told to the readable twin and to the engine."""

import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

import pytest
from hypothesis import Phase, settings

from routing.engine import Engine
from routing.messages import DomainPolicy
from tests.routing.naive_match import NaiveMatch
from tests.routing.scene import Decider, Scene, numbered

CPU_SECONDS_MAX = float(os.environ.get("ROUTING_CPU_SECONDS_MAX", "0"))  # 0: no bound
if CPU_SECONDS_MAX:
    # That a planted fault is noticed is enough; the smallest example of it would take minutes to find.
    settings.register_profile("planted", phases=[Phase.generate])
    settings.load_profile("planted")


def the_twin() -> Decider:
    return NaiveMatch(numbered("segment"), DomainPolicy())


def the_engine() -> Decider:
    return Engine(numbered("segment"))


@pytest.fixture(params=[the_twin, the_engine], ids=["twin", "engine"])
def scene(request: pytest.FixtureRequest) -> Scene:
    decide: Callable[[], Decider] = request.param
    return Scene(decide())


def _hangs(number: int, frame: FrameType | None) -> None:
    pytest.fail(f"still not done after {CPU_SECONDS_MAX} s of the processor")


@pytest.fixture(autouse=True)
def a_planted_fault_that_hangs_is_noticed() -> Iterator[None]:
    """Only `make mutate` sets the bound. It counts the processor's time: a machine that stands still fails nothing."""
    signal.signal(signal.SIGVTALRM, _hangs)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS_MAX)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
