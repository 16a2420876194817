"""Does the auditor see what it is there to see? One truthful call, and each way to lie about it."""

import copy
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("audit", Path(__file__).parents[1] / "audit.py")
assert _spec is not None
assert _spec.loader is not None
audit = importlib.util.module_from_spec(_spec)
sys.modules["audit"] = audit
_spec.loader.exec_module(audit)

S = 1_000_000
NAMES = ("offered", "accepted", "connected", "ended", "finished")


def event(seq: int, kind: str, at_s: float, segment: str | None = None, **data: Any) -> dict[str, Any]:
    return {
        "seq": seq, "epoch": 1, "kind": kind, "stay_id": "stay", "segment_id": segment, "agent_id": "ann",
        "data": data, "at_us": int(at_s * S), "recorded_us": int(at_s * S),
    }  # fmt: skip


def told(leg: str, what: str, seq: int, **more: Any) -> dict[str, Any]:
    return {"leg": leg, "event": what, "seq": seq, **more}


def shown(pos: int, state: str) -> dict[str, Any]:
    put = {"segment/seg": {"id": "seg", "contact_id": "con", "state": state}}
    return {"what": "frame", "agent": "ann", "frame": {"t": "turn", "pos": pos, "put": put}}


def truth() -> Any:
    """A caller arrives at 1 s, is offered to ann at once, accepted at 3 s, connected at 4 s, gone at 60 s."""
    both_up = [told("A1", "Established", 1), told("L1", "Established", 2)]
    callers = [
        {"what": "sent", "id": "w1", "webhook": {"events": [told("L1", "Delivered", 1, to="+49")]}},
        {"what": "answered", "id": "w1", "status": 200, "answer": {"contacts": {"L1": "con"}, "ignored": []}},
        {"what": "command", "command": {"id": "e1", "do": "connect"}, "repeat": False},
        {"what": "sent", "id": "w2", "webhook": {"events": both_up}},
        {"what": "answered", "id": "w2", "status": 200, "answer": {"contacts": {}, "ignored": []}},
        {"what": "sent", "id": "w3", "webhook": {"events": [told("L1", "ConnectionCleared", 3)]}},
        {"what": "answered", "id": "w3", "status": 200, "answer": {"contacts": {}, "ignored": []}},
        {"what": "end", "drained": True},
    ]  # fmt: skip
    agents = [
        {"what": "sent", "agent": "ann", "id": "d0", "do": {"what": "choose", "chosen": "ready"}},
        {"what": "done", "agent": "ann", "id": "d0", "pos": 1, "result": {}},
        shown(3, "offered"),
        {"what": "sent", "agent": "ann", "id": "d1", "do": {"what": "accept", "segment": "seg"}},
        {"what": "done", "agent": "ann", "id": "d1", "pos": 4, "result": {"segment": "seg"}},
        shown(4, "connecting"),
        shown(5, "talking"),
        shown(6, "wrap_up"),
        {"what": "frame", "agent": "ann", "frame": {"t": "turn", "pos": 7, "put": {}, "drop": ["segment/seg"]}},
    ]
    reply = {"status": 200, "body": {"contacts": {}, "ignored": []}}
    stored = {
        "w1": {"status": 200, "body": {"contacts": {"L1": "con"}, "ignored": []}}, "w2": reply, "w3": reply,
        "d0": {"status": 200, "body": {}}, "d1": {"status": 200, "body": {"segment": "seg"}},
    }  # fmt: skip
    return audit.Evidence(
        callers=callers,
        agents=agents,
        contacts=[{"id": "con", "source": "p", "source_id": "L1", "channel": "phone", "state": "closed"}],
        stays=[{"id": "stay", "contact_id": "con", "promise_us": 21 * S, "limit_us": 99 * S, "ended_us": 4 * S}],
        segments=[{
            "id": "seg", "contact_id": "con", "stay_id": "stay", "agent_id": "ann", "role": "primary", "state": "done",
            "exclusive": True, "manual": False, "connected_us": 4 * S, "ended_us": 60 * S, "wrap_up_until_us": 90 * S,
        }],
        legs=[
            {"contact_id": "con", "provider_ref": "L1", "role": "customer", "agent_id": None, "state": "cleared", "last_rank": 3, "id": "l1"},  # noqa: E501
            {"contact_id": "con", "provider_ref": "A1", "role": "agent", "agent_id": "ann", "state": "cleared", "last_rank": 1, "id": "l2"},  # noqa: E501
        ],
        effects=[{"id": "e1", "contact_id": "con", "kind": "telephony.connect", "state": "done"}],
        events=[
            event(1, "contact.arrived", 1),
            event(2, "stay.queued", 1),
            event(3, "segment.offered", 1, "seg", expires_us=21 * S),
            event(4, "segment.accepted", 3, "seg"),
            event(5, "segment.connected", 4, "seg"),
            event(6, "segment.ended", 60, "seg"),
            event(7, "segment.finished", 70, "seg"),
        ],
        commands=[{"principal": "x", "id": id_, "reply": reply} for id_, reply in stored.items()],
        presence=[{"agent_id": "ann", "chosen": "ready", "next_chosen": None}],
        capacities={"ann": {"units": 100, "costs": {"phone": 100}, "maxima": {"phone": 1}}},
    )  # fmt: skip


def counts(evidence: Any) -> dict[str, int]:
    found = audit.Audit(evidence).run()
    return {kind: len(findings) for kind, findings in found.items() if findings}


def test_the_truth_is_found_to_be_true():
    assert counts(truth()) == {}


def second_segment(e: Any, **more: Any) -> None:
    e.segments.append(e.segments[0] | {"id": "seg2", "agent_id": "bob", "state": "withdrawn", "connected_us": None,
                                       "wrap_up_until_us": None} | more)  # fmt: skip


def insert(e: Any, at: int, *events: dict[str, Any]) -> None:
    e.events[at:at] = events
    for number, one in enumerate(e.events, 1):
        one["seq"] = number


def lies() -> dict[str, tuple[str, Callable[[Any], None]]]:
    def a_dropped_commit(e: Any) -> None:
        e.contacts.clear(), e.stays.clear(), e.segments.clear(), e.legs.clear(), e.events.clear(), e.effects.clear()
        e.commands.clear()

    def a_doubled_offer(e: Any) -> None:
        second_segment(e)
        insert(e, 3, event(0, "segment.offered", 1, "seg2", expires_us=21 * S))
        insert(e, 5, event(0, "segment.withdrawn", 3, "seg2"))

    def two_acceptances(e: Any) -> None:
        second_segment(e, state="done", exclusive=False)
        steps = [event(0, f"segment.{name}", 4, "seg2", expires_us=21 * S) for name in NAMES]
        insert(e, 5, *steps)

    def an_offer_above_capacity(e: Any) -> None:
        second_segment(e, agent_id="ann", stay_id="other")
        insert(e, 5, event(0, "segment.offered", 5, "seg2", expires_us=21 * S) | {"stay_id": "other"})
        insert(e, 6, event(0, "segment.withdrawn", 6, "seg2") | {"stay_id": "other"})

    def a_forgotten_offer(e: Any) -> None:
        for one in e.events[3:]:
            one["at_us"] += 30 * S
            one["recorded_us"] += 30 * S
        e.stays[0] |= {"ended_us": 10 * S}
        e.segments[0] |= {"wrap_up_until_us": 130 * S}

    def a_forgotten_promise(e: Any) -> None:
        e.stays[0] |= {"ended_us": 60 * S}

    def a_forgotten_wrap_up(e: Any) -> None:
        e.segments[0] |= {"wrap_up_until_us": 65 * S}

    def a_stale_epoch(e: Any) -> None:
        e.events[3] |= {"epoch": 2}

    def a_gap(e: Any) -> None:
        del e.events[1]

    def an_invented_contact(e: Any) -> None:
        e.contacts.append(e.contacts[0] | {"id": "con2", "source_id": "L9"})

    def another_answer(e: Any) -> None:
        e.callers.append(e.callers[1] | {"answer": {"contacts": {}}})

    def somebody_elses_segment(e: Any) -> None:
        e.agents.append(shown(4, "connecting") | {"agent": "bob"})

    def two_conversations_on_one_wire(e: Any) -> None:
        second_segment(e, agent_id="ann", stay_id="other", state="done", connected_us=80 * S, ended_us=90 * S)

    return {
        "lost": ("lost", a_dropped_commit),
        "a lost report": ("lost", lambda e: e.legs[0].update(last_rank=2)),
        "a lost acceptance": ("lost", lambda e: e.agents[4].update(pos=900)),
        "a doubled offer": ("doubled", a_doubled_offer),
        "two acceptances": ("doubled", two_acceptances),
        "a doubled contact": ("doubled", lambda e: e.contacts.append(e.contacts[0] | {"id": "con2"})),
        "an invented contact": ("invented", an_invented_contact),
        "connected by nobody": ("invented", lambda e: e.callers.__delitem__(slice(3, 5))),
        "connected on a wire of before": ("invented", two_conversations_on_one_wire),
        "a command nobody wrote": ("invented", lambda e: e.effects.clear()),
        "above capacity": ("above_capacity", an_offer_above_capacity),
        "an open contact": ("stuck", lambda e: e.contacts[0].update(state="open")),
        "an effect that is due": ("stuck", lambda e: e.effects[0].update(state="due")),
        "a forgotten offer": ("forgotten_deadlines", a_forgotten_offer),
        "a forgotten promise": ("forgotten_deadlines", a_forgotten_promise),
        "a forgotten wrap-up": ("forgotten_deadlines", a_forgotten_wrap_up),
        "a stale epoch": ("stale_epoch", a_stale_epoch),
        "a gap": ("stale_epoch", a_gap),
        "another answer": ("changed_answers", another_answer),
        "a screen that is behind": ("wrong_frames", lambda e: e.agents.append(shown(6, "talking"))),
        "somebody else's segment": ("wrong_frames", somebody_elses_segment),
        "a changed presence": ("wrong_presence", lambda e: e.presence[0].update(chosen="away")),
    }  # fmt: skip


@pytest.mark.parametrize("lie", lies())
def test_a_lie_is_found_under_its_name(lie):
    kind, tell = lies()[lie]
    evidence = copy.deepcopy(truth())
    tell(evidence)

    assert kind in counts(evidence)


def test_what_is_late_because_nobody_was_there_is_excused_and_only_that():
    """The writer died at 5 s and a new one began at 100 s: the promise of 21 s is noted at once, not in time."""
    evidence = truth()
    evidence.stays[0] |= {"ended_us": 120 * S, "limit_us": 999 * S}
    late = event(0, "stay.overdue", 100)
    evidence.events[5:] = [late | {"epoch": 2}, *({**one, "epoch": 2, "at_us": 110 * S} for one in evidence.events[5:])]
    for number, one in enumerate(evidence.events, 1):
        one |= {"seq": number, "recorded_us": number}
    evidence.segments[0] |= {"wrap_up_until_us": 130 * S}

    assert "forgotten_deadlines" not in counts(evidence)

    evidence.events[5] |= {"epoch": 1}
    assert "forgotten_deadlines" in counts(evidence)


def test_a_line_that_a_kill_cut_off_is_no_fact(tmp_path):
    (tmp_path / "callers.ndjson").write_text(json.dumps({"what": "end"}) + "\n" + '{"what": "se')

    assert audit.facts(tmp_path / "callers.ndjson") == [{"what": "end"}]
