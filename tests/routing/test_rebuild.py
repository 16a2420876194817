"""Does an engine that was thrown away and rebuilt from the records go on as if nothing had been?"""

import json
import os

import pytest

from routing.engine import Engine
from routing.messages import DomainPolicy, Refusal
from tests.routing.floors import Floor
from tests.routing.naive_match import NaiveMatch
from tests.routing.scene import as_the_journey_does, numbered
from tests.routing.stored import Stored
from tests.routing.test_twin import answer

FLOORS = int(os.environ.get("REBUILD_FLOORS", "4"))
MESSAGES = 300
STAY_ROUTING_BYTES_MAX = 4_096
COUNTERS_BYTES_MAX = 65_536


@pytest.mark.parametrize("seed", range(500, 500 + FLOORS), ids=lambda seed: f"seed-{seed}")
def test_an_engine_rebuilt_after_every_message_decides_as_one_that_lived_on(seed: int) -> None:
    """The twin is the one that lived on."""
    ids = numbered("segment")
    engine, twin = Engine(ids), NaiveMatch(numbered("segment"), DomainPolicy())
    floor, stored = Floor(seed), Stored()
    coming = floor.first_messages()
    for number in range(MESSAGES):
        message = coming.pop(0) if coming else floor.next_message(engine.next_deadline())
        _, expected = answer(twin, message, floor.now_us)
        decisions, plain = answer(engine, message, floor.now_us)
        assert plain == expected, f"seed {seed}, message {number}: {message}"
        if decisions is None:
            continue
        stored.keep(message)
        floor.ledger.hear(message, decisions, floor.now_us)
        coming += as_the_journey_does(decisions)
        rebuilt = Engine.from_records(stored.records(engine, floor.ledger, floor.now_us), ids)

        if rebuilt.digest() != engine.digest():
            assert rebuilt.dump() == engine.dump(), f"seed {seed}, message {number}: {message}"
            pytest.fail("the digests differ and the dumps do not")
        assert rebuilt.next_deadline() == engine.next_deadline()
        assert rebuilt.idle_with_work() == []
        assert rebuilt.above_capacity() == []
        if not coming:  # what the journey ends in the same turn is never seen by a rebuild
            engine = rebuilt


def test_what_is_stored_fits_where_it_is_stored() -> None:
    floor, engine = Floor(7), Engine(numbered("segment"))
    for message in floor.first_messages():
        floor.ledger.hear(message, engine.handle(message, floor.now_us), floor.now_us)
    longest = 0
    for _ in range(MESSAGES):
        message = floor.next_message(engine.next_deadline())
        try:
            decisions = engine.handle(message, floor.now_us)
        except Refusal:
            continue
        floor.ledger.hear(message, decisions, floor.now_us)
        for stay_id in floor.ledger.waits:
            longest = max(longest, len(json.dumps(engine.stay_routing(stay_id))))

    assert 0 < longest <= STAY_ROUTING_BYTES_MAX
    assert len(json.dumps(engine.counters())) <= COUNTERS_BYTES_MAX
