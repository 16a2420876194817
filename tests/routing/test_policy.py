"""Does configuration come to the engine as it was written, and back?"""

import json
from dataclasses import fields
from typing import Any

import pytest

from contacts.records import ConfigKind
from routing.messages import AgentProfile, Capacity, DomainPolicy, LastStep, QueuePolicy, WidenStep
from routing.policy import Policy, agent_profile, as_values, domain_policy, queue_policy, read_policy
from tests.routing.floors import Floor


@pytest.mark.parametrize("seed", range(5))
def test_a_policy_is_read_from_the_json_that_was_written_of_it(seed: int) -> None:
    floor = Floor(seed)
    domain = floor.domain()
    queues = [floor.queue(queue_id) for queue_id in floor.queue_ids]
    profiles = [floor.profile(agent_id) for agent_id in floor.agent_ids]

    assert domain_policy(json.loads(json.dumps(as_values(domain)))) == domain
    for queue in queues:
        assert queue_policy(json.loads(json.dumps(as_values(queue)))) == queue
    for profile in profiles:
        assert agent_profile(json.loads(json.dumps(as_values(profile)))) == profile


def test_a_policy_s_json_is_plain_and_its_fields_are_those_of_the_policy() -> None:
    queue = QueuePolicy(
        "q", "acme", 3, head_start=((50, 60),), last_step=LastStep("overflow", "r"), widen=(WidenStep(30, "zh"),)
    )

    values = as_values(queue)

    assert values["head_start"] == [[50, 60]]
    assert values["last_step"] == {"kind": "overflow", "queue_id": "r"}
    assert values["unwanted_step"] == {"kind": "message", "queue_id": None}
    assert values["widen"] == [{"after_s": 30, "requirement": "zh"}]
    assert (values["queue_id"], values["company_id"], values["version"]) == ("q", "acme", 3)
    assert as_values(AgentProfile("ann", {"zh": 5}, frozenset({"b", "a"})))["company_ids"] == ["a", "b"]


def test_what_is_not_said_is_the_default_and_what_is_not_ours_is_ignored() -> None:
    assert domain_policy({"music": "waltz"}) == DomainPolicy()
    assert queue_policy({"queue_id": "q", "company_id": "acme", "version": 1, "name": "Billing"}) == QueuePolicy(
        "q", "acme", 1
    )
    assert agent_profile({"agent_id": "ann", "name": "Ann"}) == AgentProfile("ann")
    assert agent_profile({"agent_id": "ann", "capacity": None}) == AgentProfile("ann")
    assert agent_profile({"agent_id": "ann", "capacity": {"units": 60}}).capacity == Capacity(60)


def test_a_profile_does_not_change_with_what_it_was_read_from() -> None:
    skills = {"zh": 5}
    profile = agent_profile({"agent_id": "ann", "skills": skills})

    skills["zh"] = 1

    assert profile.skills == {"zh": 5}


def test_half_a_capacity_is_completed_by_the_default() -> None:
    profile = agent_profile({"agent_id": "ann", "capacity": {"costs": {"chat": 30}, "maxima": {"chat": 3}}})

    assert profile.capacity == Capacity(100, {**Capacity().costs, "chat": 30}, {**Capacity().maxima, "chat": 3})


def test_the_rows_of_a_head_start_are_put_into_order() -> None:
    queue = queue_policy({"queue_id": "q", "company_id": "a", "version": 1, "head_start": [[80, 400], [0, 5]]})

    assert queue.head_start == ((0, 5), (80, 400))


def test_a_step_without_a_queue_has_none() -> None:
    queue = queue_policy({"queue_id": "q", "company_id": "a", "version": 1, "last_step": {"kind": "voicemail"}})

    assert queue.last_step == LastStep("voicemail")


QUEUE: dict[str, Any] = {"queue_id": "q", "company_id": "a", "version": 1}
KINDS: dict[ConfigKind, tuple[type[Policy], dict[str, Any]]] = {
    "domain": (DomainPolicy, {}), "queue": (QueuePolicy, QUEUE), "agent": (AgentProfile, {"agent_id": "ann"}),
}  # fmt: skip


@pytest.mark.parametrize("wrong", [1.5, {"units": None, "x": None}, [None]])
@pytest.mark.parametrize(("kind", "name"), [(kind, each.name) for kind in KINDS for each in fields(KINDS[kind][0])])
def test_a_field_of_another_type_is_refused_by_name(kind: ConfigKind, name: str, wrong: Any) -> None:
    """Every one of them: a field that is new is asked for here, too."""
    with pytest.raises(ValueError, match=f"{kind}.{name}: expected"):
        read_policy(kind, KINDS[kind][1] | {name: wrong})


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("queue", {"wrap_up_s": "6"}),
        ("queue", {"wrap_up_s": True}),
        ("queue", {"promise_s": -1}),
        ("queue", {"promise_s": 10**13}),
        ("queue", {"rate": 0}),
        ("queue", {"rate": None}),
        ("queue", {"agent_order": "alphabetical"}),
        ("queue", {"agent_order": ["most_skilled"]}),
        ("queue", {"head_start": [["80", 400]]}),
        ("queue", {"head_start": [[80]]}),
        ("queue", {"last_step": {"kind": "overflow", "queue_id": 7}}),
        ("queue", {"unwanted_step": {"kind": "sing"}}),
        ("queue", {"widen": [{"after_s": "5", "requirement": "zh"}]}),
        ("agent", {"skills": {"zh": "5"}}),
        ("agent", {"company_ids": "acme"}),
        ("agent", {"capacity": {"units": "100"}}),
        ("agent", {"capacity": {"costs": {"chat": None}}}),
    ],
)
def test_what_would_raise_in_a_decision_is_refused(kind: ConfigKind, said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{kind}.{next(iter(said))}: expected"):
        read_policy(kind, KINDS[kind][1] | said)


@pytest.mark.parametrize("seed", range(5))
def test_every_policy_there_is_passes_the_reading(seed: int) -> None:
    floor = Floor(seed)

    for kind, policy in [
        ("domain", floor.domain()),
        *(("queue", floor.queue(queue_id)) for queue_id in floor.queue_ids),
        *(("agent", floor.profile(agent_id)) for agent_id in floor.agent_ids),
    ]:
        assert read_policy(kind, json.loads(json.dumps(as_values(policy)))) == policy  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("queue", {"queue_id": "q"}),
        ("queue", [QUEUE]),
        ("queue", {"queue_id": "q", "company_id": "a", "version": 1, "last_step": {}}),
        ("queue", {"queue_id": "q", "company_id": "a", "version": 1, "head_start": 3}),
        ("queue", {"queue_id": "q", "company_id": "a", "version": 1, "requirement": "zh >="}),
        (
            "queue",
            {"queue_id": "q", "company_id": "a", "version": 1, "widen": [{"after_s": 5, "requirement": "zh >="}]},
        ),
        ("agent", {}),
        ("agent", {"agent_id": "ann", "capacity": 7}),
    ],
)
def test_what_is_no_policy_is_said_to_be_none(kind: ConfigKind, values: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        read_policy(kind, values)


def test_a_policy_is_read_as_its_kind() -> None:
    queue = {"queue_id": "q", "company_id": "a", "version": 1, "widen": [{"after_s": 5, "requirement": "zh >= 1"}]}
    assert read_policy("queue", queue) == queue_policy(queue)
    assert read_policy("agent", {"agent_id": "ann"}) == AgentProfile("ann")
    assert read_policy("domain", {}) == DomainPolicy()
