"""What do the values of a configuration mean to the engine? Policies from JSON and back.

A policy's JSON has the fields of its dataclass; a field that is absent has the dataclass's default.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

from contacts.records import ConfigKind
from routing.messages import AgentProfile, Capacity, DomainPolicy, LastStep, QueuePolicy, WidenStep
from routing.policy_fields import check

Values = Mapping[str, Any]
Policy = DomainPolicy | QueuePolicy | AgentProfile


def read_policy(kind: ConfigKind, values: Values) -> Policy:
    """Raises ValueError, which names the field, for what is no policy of that kind, its requirements included."""
    read: dict[ConfigKind, Callable[[Values], Policy]] = {
        "domain": domain_policy, "queue": queue_policy, "agent": agent_profile,
    }  # fmt: skip
    check(kind, values)
    try:
        return read[kind](values)
    except TypeError as wrong:  # a field without a default is not there
        raise ValueError(f"no policy of a {kind}: {wrong}") from wrong


def domain_policy(values: Values) -> DomainPolicy:
    return DomainPolicy(**_known(DomainPolicy, values))


def queue_policy(values: Values) -> QueuePolicy:
    given = _known(QueuePolicy, values)
    if "head_start" in given:
        given["head_start"] = tuple(sorted((int(value), int(points)) for value, points in given["head_start"]))
    if "widen" in given:
        given["widen"] = tuple(WidenStep(step["after_s"], step["requirement"]) for step in given["widen"])
    if "interrupted_by" in given:
        given["interrupted_by"] = tuple(given["interrupted_by"])
    for name in ("last_step", "unwanted_step"):
        if name in given:
            given[name] = LastStep(given[name]["kind"], given[name].get("queue_id"))
    return QueuePolicy(**given)


def agent_profile(values: Values) -> AgentProfile:
    given = _known(AgentProfile, values)
    if "skills" in given:
        given["skills"] = dict(given["skills"])
    if "company_ids" in given:
        given["company_ids"] = frozenset(given["company_ids"])
    if "capacity" in given:
        given["capacity"] = _capacity(given["capacity"] or {})
    return AgentProfile(**given)


def _capacity(values: Values) -> Capacity:
    default = Capacity()
    return Capacity(
        values.get("units", default.units),
        dict(default.costs) | dict(values.get("costs", {})),
        dict(default.maxima) | dict(values.get("maxima", {})),
    )


def as_values(policy: Policy) -> dict[str, Any]:
    """JSON of a policy, from which the same policy is read again."""
    values = asdict(policy)
    if isinstance(policy, AgentProfile):
        values["company_ids"] = sorted(policy.company_ids)
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value


def _known(policy: type[Policy], values: Values) -> dict[str, Any]:
    """What else stands in a configuration (names, texts, sounds) is for others."""
    return {field.name: values[field.name] for field in fields(policy) if field.name in values}
