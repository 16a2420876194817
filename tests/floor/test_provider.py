"""Does the simulated provider behave as a provider does, and misbehave as it is told to?

The other side is a small endpoint that keeps what it is posted; it can be told to fail.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from floor.caller import Caller, CallerEnd, Errand
from floor.faults import Faults
from floor.ledger import Ledger
from floor.listener import Listener
from floor.provider import UNKNOWN_SEQ, Provider
from floor.reporter import Reporter

SECRET_IN, SECRET_OUT = ("whsec_" + b64encode(name * 8).decode() for name in (b"into", b"outo"))


@dataclass
class Endpoint:
    """The server's webhook door, as far as a provider can see it."""

    fail_next: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def take(self, headers, body):  # type: ignore[no-untyped-def]
        Webhook(SECRET_IN).verify(body, headers)
        self.ids.append(headers["webhook-id"])
        if self.fail_next:
            self.fail_next -= 1
            return 503, b"{}"
        self.bodies.append(json.loads(body))
        legs = [event["leg"] for event in self.bodies[-1]["events"]]
        return 200, json.dumps({"contacts": {leg: f"contact of {leg}" for leg in legs}}).encode()

    def told(self, leg: str) -> list[tuple[str, int]]:
        events = [event for body in self.bodies for event in body["events"]]
        return [(event["event"], event["seq"]) for event in events if event["leg"] == leg]


@dataclass
class Floor:
    endpoint: Endpoint
    provider: Provider
    reporter: Reporter
    ended: list[tuple[str, CallerEnd]] = field(default_factory=list)
    commands: int = 0

    def caller(self, patience_s: float = 60, talk_s: float = 60) -> str:
        errand = Errand("+97250100000", "+97235550100", patience_s, talk_s)
        caller = Caller(errand, self.provider, lambda who, end: self.ended.append((who.leg, end)))
        caller.call()
        return caller.leg

    def command(self, *commands: dict[str, Any], secret: str = SECRET_OUT) -> int:
        self.commands += 1
        body, now = json.dumps({"commands": commands, "epoch": 1}), datetime.now(UTC)
        headers = {
            "webhook-id": f"c{self.commands}",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(f"c{self.commands}", now, body),
        }
        return self.provider.take(headers, body.encode())[0]


@asynccontextmanager
async def floor(faults: Faults | None = None, ledger: Ledger | None = None, fail: int = 0) -> AsyncIterator[Floor]:
    endpoint = Endpoint(fail_next=fail)
    listener = Listener(endpoint.take)
    url = f"http://127.0.0.1:{await listener.start()}"
    ledger = ledger or Ledger()
    reporter = Reporter(url, "provider-1", SECRET_IN, ledger=ledger, faults=faults)
    reporter.start()
    yield Floor(endpoint, Provider(reporter, SECRET_OUT, ledger=ledger, faults=faults), reporter)
    assert await reporter.drain(5)
    await reporter.stop()
    await listener.stop()


def connect(leg: str, command_id: str = "e1") -> dict[str, Any]:
    return {"id": command_id, "do": "connect", "leg": leg, "with": f"agent of {leg}", "agent": "a1", "address": "1"}


async def test_a_call_is_reported_from_ringing_to_hanging_up_on_both_legs():
    async with floor() as f:
        leg = f.caller(talk_s=0.02)
        assert f.command(connect(leg)) == 200
        await asyncio.sleep(0.05)
        f.command({"id": "e2", "do": "hang_up", "leg": f"agent of {leg}"})

    assert f.endpoint.told(leg) == [("Delivered", 1), ("Established", 2), ("ConnectionCleared", 3)]
    assert f.endpoint.told(f"agent of {leg}") == [("Established", 1), ("ConnectionCleared", 2)]
    assert f.endpoint.bodies[0]["events"][0]["to"] == "+97235550100"
    assert f.ended == [(leg, "served")]
    assert f.provider.live_legs == 0


async def test_a_caller_without_patience_hangs_up_and_is_not_connected_any_more():
    async with floor() as f:
        leg = f.caller(patience_s=0.01)
        await asyncio.sleep(0.03)
        f.command(connect(leg))

    assert f.endpoint.told(leg) == [("Delivered", 1), ("ConnectionCleared", 2)]
    assert f.endpoint.told(f"agent of {leg}") == [("ConnectionCleared", 1)]
    assert f.ended == [(leg, "lost_patience")]


async def test_a_repeated_command_is_the_same_command():
    async with floor() as f:
        leg = f.caller()
        f.command(connect(leg))
        f.command(connect(leg))
        f.command({"id": "e2", "do": "hold", "leg": leg}, {"id": "e2", "do": "hold", "leg": leg})
        f.command({"id": "e3", "do": "retrieve", "leg": leg})

    assert f.endpoint.told(leg) == [("Delivered", 1), ("Established", 2), ("Held", 3), ("Retrieved", 4)]
    assert f.provider.repeats == 2


async def test_commands_of_a_stranger_are_refused():
    async with floor() as f:
        leg = f.caller()
        assert f.command(connect(leg), secret=SECRET_IN) == 401

    assert f.endpoint.told(leg) == [("Delivered", 1)]


async def test_a_leg_is_reported_as_it_is_when_the_server_asks():
    async with floor() as f:
        leg = f.caller()
        f.command({"id": "e1", "do": "report", "legs": [leg, "never heard of"]})

    assert f.endpoint.told(leg) == [("Delivered", 1), ("Delivered", 1)]
    assert f.endpoint.told("never heard of") == [("ConnectionCleared", UNKNOWN_SEQ)]


async def test_a_webhook_is_sent_again_with_its_id_until_it_is_answered(tmp_path):
    ledger = Ledger(tmp_path / "callers.ndjson")
    async with floor(ledger=ledger, fail=3) as f:
        leg = f.caller()

    facts = [json.loads(line) for line in (tmp_path / "callers.ndjson").read_text().splitlines()]
    ledger.close()
    assert len(f.endpoint.ids) == 4
    assert len(set(f.endpoint.ids)) == 1
    assert [fact["what"] for fact in facts] == ["sent", "answered"]
    assert facts[1]["answer"] == {"contacts": {leg: f"contact of {leg}"}}


async def test_under_load_reports_gather_and_when_idle_they_leave_at_once():
    async with floor() as f:
        legs = [f.caller() for _ in range(300)]

    sizes = [len(body["events"]) for body in f.endpoint.bodies]
    assert sum(sizes) == len(legs)
    assert max(sizes) == 64


async def test_a_silent_provider_takes_commands_and_says_nothing():
    faults = Faults()
    async with floor(faults) as f:
        leg = f.caller()
        faults.silent = True
        assert f.command(connect(leg)) == 200

    assert f.endpoint.told(leg) == [("Delivered", 1)]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_is_repeated_reordered_and_lost_arrives_in_the_end_with_its_number(seed):
    faults = Faults(seed=seed, repeat_share=0.7, reorder_share=0.3, lose_share=0.3, lose_s=0.05, slow_s=0.01)
    async with floor(faults) as f:
        legs = [f.caller(talk_s=0.01) for _ in range(50)]
        f.command(*(connect(leg, f"e{n}") for n, leg in enumerate(legs)))
        await asyncio.sleep(0.1)

    whole = [("Delivered", 1), ("Established", 2), ("ConnectionCleared", 3)]
    assert all(sorted(set(f.endpoint.told(leg)), key=lambda told: told[1]) == whole for leg in legs)
    assert any(f.endpoint.told(leg) != whole for leg in legs)
    assert len(set(f.endpoint.ids)) < len(f.endpoint.ids)


# --- who hears whom ---------------------------------------------------------------------------------------------------


async def test_a_colleague_is_rung_alone_and_hears_nobody_until_joined():
    async with floor() as f:
        leg = f.caller()
        first, second = f"agent of {leg}", "second"
        f.command(connect(leg))
        talk = f.provider.heard_by(leg), f.provider.heard_by(first)
        f.command({"id": "e2", "do": "hold", "leg": leg})
        f.command({"id": "e3", "do": "ring", "leg": second, "agent": "a2", "address": "2"})
        alone = f.provider.heard_by(second)
        f.command({"id": "e4", "do": "join", "leg": second, "with": first})
        asked = [f.provider.heard_by(each) for each in (leg, first, second)]

    assert talk == ({first}, {leg})
    assert alone == set()
    assert asked == [set(), {second}, {first}], "the customer hears music"
    assert f.endpoint.told(second) == [("Delivered", 1), ("Established", 2)]


async def test_a_colleague_takes_over_when_the_first_is_hung_up_and_the_customer_retrieved():
    async with floor() as f:
        leg = f.caller()
        first = await consulting(f, leg)
        f.command({"id": "e5", "do": "hang_up", "leg": first}, {"id": "e6", "do": "retrieve", "leg": leg})
        heard = f.provider.heard_by(leg), f.provider.heard_by("second")

    assert heard == ({"second"}, {leg})


async def test_the_first_goes_to_the_customer_while_the_colleague_is_held_and_back_again():
    async with floor() as f:
        leg = f.caller()
        first = await consulting(f, leg)
        f.command({"id": "e5", "do": "hold", "leg": "second"}, {"id": "e6", "do": "retrieve", "leg": leg})
        beside_the_customer = [f.provider.heard_by(each) for each in (leg, first, "second")]
        f.command({"id": "e7", "do": "hold", "leg": leg})
        f.command({"id": "e8", "do": "retrieve", "leg": "second"})
        beside_the_colleague = [f.provider.heard_by(each) for each in (leg, first, "second")]

    assert beside_the_customer == [{first}, {leg}, set()]
    assert beside_the_colleague == [set(), {"second"}, {first}]
    assert [event for event, _ in f.endpoint.told("second")][-2:] == ["Held", "Retrieved"]


async def test_in_conference_all_hear_all_until_one_leaves():
    async with floor() as f:
        leg = f.caller()
        first = await consulting(f, leg)
        f.command({"id": "e5", "do": "retrieve", "leg": leg})
        together = [f.provider.heard_by(each) for each in (leg, first, "second")]
        f.command({"id": "e6", "do": "leave", "leg": "second"})
        left = [f.provider.heard_by(each) for each in (leg, first, "second")]

    assert together == [{first, "second"}, {leg, "second"}, {leg, first}]
    assert left == [{first}, {leg}, set()]
    assert f.endpoint.told("second")[-1] == ("Established", 2), "whoever leaves a conversation is still on the phone"


async def test_who_waits_on_hold_is_off_hold_when_connected_to_the_next():
    async with floor() as f:
        leg = f.caller()
        f.command(connect(leg))
        f.command({"id": "e2", "do": "hold", "leg": leg}, {"id": "e3", "do": "hang_up", "leg": f"agent of {leg}"})
        f.command({"id": "e4", "do": "connect", "leg": leg, "with": "next", "agent": "a2", "address": "2"})
        heard = f.provider.heard_by(leg)

    assert heard == {"next"}
    assert [event for event, _ in f.endpoint.told(leg)] == ["Delivered", "Established", "Held", "Established"]


async def test_a_dead_phone_is_not_picked_up_and_a_join_of_nobody_changes_nothing():
    async with floor() as f:
        leg = f.caller()
        f.command(connect(leg))
        f.provider.dead_phones.add("a2")
        f.command({"id": "e2", "do": "ring", "leg": "second", "agent": "a2", "address": "2"})
        f.command({"id": "e3", "do": "join", "leg": "second", "with": leg})
        heard = f.provider.heard_by(leg)

    assert f.endpoint.told("second") == [("ConnectionCleared", 1)]
    assert heard == {f"agent of {leg}"}


async def consulting(f: Floor, leg: str) -> str:
    """The first agent and a second one talk, the customer is held; the first one's leg."""
    first = f"agent of {leg}"
    f.command(connect(leg))
    f.command({"id": "e2", "do": "hold", "leg": leg})
    f.command({"id": "e3", "do": "ring", "leg": "second", "agent": "a2", "address": "2"})
    f.command({"id": "e4", "do": "join", "leg": "second", "with": first})
    return first
