"""Is a supervisor told of what goes wrong, once, and not of what goes well?"""

from dataclasses import replace
from typing import Any

import pytest

from contacts.contact import Contact
from contacts.presence import AgentState
from contacts.records import ConfigValue
from contacts.segment import Segment
from contacts.stay import Stay
from contacts.words import SECOND_US
from screenpop import live
from screenpop.alert import Alert, subject_of
from screenpop.alerts import MINUTE_US, Floor, Level, alerts
from screenpop.model import FLOOR, AgentName, Names, QueueName, ReadModel
from screenpop.scope import ALL, Scope

QUEUE, AGENT, OTHER = (f"0000000{n}-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))
COMPANY = "00000009-0000-7000-8000-000000000009"
NOW = 10_000 * MINUTE_US
CONTACT = Contact("c", COMPANY, 1, "phone", "in", "open", "api:k", "1", 0)
STAY = Stay("s", "c", 1, QUEUE, 1, "", 0, NOW - 3 * MINUTE_US, NOW - MINUTE_US, NOW + 9 * MINUTE_US)
READY = AgentState(AGENT, 1, "ready", desk_reachable=True, phone_reachable=True)


def floor_of(*stays: Stay, agent: AgentState = READY, segments: tuple[Segment, ...] = ()) -> ReadModel:
    names = Names({AGENT: AgentName("ann", "Ann")}, {QUEUE: QueueName("Service", target_bp=8000)})
    model = ReadModel(names=names)
    queue = {"company_id": COMPANY, "requirement": ""}
    profile = {"skills": {}, "company_ids": [COMPANY]}
    model.take_config([ConfigValue("queue", QUEUE, 1, queue), ConfigValue("agent", AGENT, 2, profile)])
    model.take([CONTACT], stays, segments, [agent])
    return model


def found(model: ReadModel, level: Level | None = None, now_us: int = NOW) -> dict[str, str]:
    """Rule -> level."""
    levels = {} if level is None else {QUEUE: level}
    return {each.rule: each.level for each in alerts(Floor(model, levels, now_us)).values()}


def held(state: Any, **about: int) -> Segment:
    return replace(Segment("g", "c", "s", QUEUE, 1, AGENT, "primary", state, NOW), **about)


def test_a_quiet_floor_has_no_alerts() -> None:
    assert found(floor_of(replace(STAY, promise_us=NOW + SECOND_US))) == {}


def test_a_wait_beyond_the_promise_warns_and_half_way_to_the_limit_alarms() -> None:
    assert found(floor_of(STAY)) == {"longest_wait": "warn"}
    assert found(floor_of(replace(STAY, limit_us=NOW + MINUTE_US))) == {"longest_wait": "alarm"}


def test_the_alert_of_a_wait_is_another_one_when_another_contact_waits_longest() -> None:
    first = alerts(Floor(floor_of(STAY), {}, NOW))
    later = alerts(Floor(floor_of(replace(STAY, id="t", promise_us=NOW - SECOND_US)), {}, NOW))

    assert [each.since_us for each in first.values()] == [STAY.promise_us]
    assert first.keys().isdisjoint(later)


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (READY, None),
        (replace(READY, chosen="away", since_us=NOW), "alarm"),
        (replace(READY, desk_reachable=False), "alarm"),
        (replace(READY, not_responding=True, since_us=NOW), "alarm"),
    ],
)
def test_a_queue_in_which_somebody_waits_and_nobody_serves_alarms(agent: AgentState, told: str | None) -> None:
    assert found(floor_of(STAY, agent=agent)).get("no_agent") == told
    assert "no_agent" not in found(floor_of(agent=agent))


@pytest.mark.parametrize(
    ("bp", "counted", "told"),
    [(7999, 10, "warn"), (8000, 10, None), (7999, 9, None), (5999, 10, "alarm"), (None, 0, None)],
)
def test_a_service_level_below_its_target_is_told_once_enough_contacts_count(bp: Any, counted: int, told: Any) -> None:
    assert found(floor_of(), Level(bp, counted, 0)).get("service_level") == told


def test_an_agent_who_let_an_offer_expire_is_told_since_then() -> None:
    model = floor_of(agent=replace(READY, not_responding=True, since_us=NOW - 60 * MINUTE_US))
    model.flagged_us[AGENT] = NOW - MINUTE_US

    assert found(model) == {"not_responding": "warn"}
    assert found(model, now_us=NOW + 9 * MINUTE_US) == {"not_responding": "alarm"}


@pytest.mark.parametrize(("silent_s", "told"), [(29, None), (30, "warn"), (300, "alarm")])
def test_a_desk_that_went_silent_is_told_after_half_a_minute(silent_s: int, told: str | None) -> None:
    gone = replace(READY, desk_reachable=False, desk_silent_us=NOW - silent_s * SECOND_US)

    assert found(floor_of(agent=gone)).get("unreachable") == told
    assert "unreachable" not in found(floor_of(agent=replace(gone, chosen="offline")))


@pytest.mark.parametrize(
    ("agent", "segment", "told"),
    [
        (replace(READY, chosen="away", since_us=NOW - 29 * MINUTE_US), None, None),
        (replace(READY, chosen="away", since_us=NOW - 30 * MINUTE_US), None, "warn"),
        (replace(READY, chosen="away", since_us=NOW - 60 * MINUTE_US), None, "alarm"),
        (replace(READY, since_us=0), None, None),
        (READY, held("wrap_up", ended_us=NOW - 5 * MINUTE_US), "warn"),
        (READY, held("talking", connected_us=NOW - 60 * MINUTE_US), "alarm"),
        (READY, held("parked", connected_us=NOW - 600 * MINUTE_US), None),
    ],
)
def test_long_in_one_state_is_told(agent: AgentState, segment: Segment | None, told: str | None) -> None:
    model = floor_of(agent=agent, segments=() if segment is None else (segment,))

    assert found(model).get("long_state") == told


def test_an_id_says_the_rule_and_whom_it_is_about() -> None:
    assert subject_of(Alert("service_level", QUEUE, "warn", 1_500_000).id) == ("service_level", QUEUE)


def test_alerts_come_change_are_seen_and_go() -> None:
    model = floor_of(STAY)
    came = model.take_alerts(alerts(Floor(model, {}, NOW)))
    (key,) = came[FLOOR]
    shown = live.snapshot(model, ALL)[key]
    assert (shown["rule"], shown["queue_id"], shown["level"], shown["seen"]) == ("longest_wait", QUEUE, "warn", False)
    assert model.take_alerts(alerts(Floor(model, {}, NOW + SECOND_US))) == {}

    assert model.take_alerts(alerts(Floor(model, {}, NOW + 5 * MINUTE_US))) == {FLOOR: {key}}
    assert model.take_seen({key.removeprefix("alert/"), "another"}) == {FLOOR: {key}}
    assert live.render(model, ALL, [key])[0][key] | {"level": "alarm", "seen": True} == live.snapshot(model, ALL)[key]

    assert model.take_alerts({}) == {FLOOR: {key}}
    assert live.render(model, ALL, [key]) == ({}, [key])


def test_alerts_are_for_whoever_sees_whom_they_are_about() -> None:
    model = floor_of(STAY, agent=replace(READY, chosen="away", since_us=0))
    model.take_alerts(alerts(Floor(model, {}, NOW)))
    keys = [f"alert/{alert_id}" for alert_id in model.alerts]
    team = Scope.of([(COMPANY, OTHER)])

    assert len(live.render(model, ALL, keys)[0]) == 3
    assert {r["rule"] for r in live.render(model, team, keys)[0].values()} == {"longest_wait", "no_agent"}
    assert live.render(model, Scope.of([(OTHER, None)]), keys)[0] == {}
    assert live.render(model, Scope.of([(COMPANY, None)], frozenset({"queue"})), keys) == ({}, [])
