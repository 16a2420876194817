"""What was decided reaches the provider: a command that it refuses holds up no other; without a phone nobody rings."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from app import commands as c
from app.channels.posts import Posts
from app.channels.telephony import Provider, Telephony
from app.effects import Effects
from app.ports import Taken
from app.signatures import new_secret
from app.switchboard import new_id
from contacts.effect import Effect
from floor.listener import Listener

POISON = "poison"


def effect(leg: str, **args: object) -> Effect:
    return Effect(
        new_id(), 1, new_id(), new_id(), "telephony.hang_up", False, "p", {"do": "hang_up", "leg": leg, **args}
    )


class Outside:
    """A provider at a real address: it takes deliveries, but none with a poisoned leg in it."""

    def __init__(self, refusal: int = 422) -> None:
        self.refusal = refusal
        self.taken: list[str] = []

    def answer(self, _headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        legs = [command["leg"] for command in json.loads(body)["commands"]]
        if POISON in legs:
            return self.refusal, b"{}"
        self.taken += legs
        return 200, b"{}"


@contextlib.asynccontextmanager
async def carrying(
    outside: Outside, addresses: Mapping[str, str]
) -> AsyncIterator[tuple[Effects, list[c.ReportEffects]]]:
    reports: list[c.ReportEffects] = []

    async def deliver(envelope: c.Envelope) -> c.Reply:
        assert isinstance(envelope.command, c.ReportEffects)
        reports.append(envelope.command)
        return c.Reply(200)

    async def nothing(*_: object) -> None: ...

    async def known(agents: set[str]) -> dict[str, str]:
        return {agent: addresses[agent] for agent in agents if agent in addresses}

    listener = Listener(outside.answer)
    port = await listener.start()
    posts = Posts()
    provider = Provider("p", None, f"http://127.0.0.1:{port}/commands", [], [new_secret()])
    telephony = Telephony(deliver, nothing, nothing, nothing, posts.post)  # type: ignore[arg-type]

    async def send(_provider: str, commands: object) -> Taken:
        return await telephony.send(provider, commands)  # type: ignore[arg-type]

    effects = Effects(send, deliver, known, lambda: True, lambda: 0)
    try:
        yield effects, reports
    finally:
        await effects.stop()
        await posts.close()
        await listener.stop()


async def until(told: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not told():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_refused_command_is_reported_failed_and_holds_up_no_other() -> None:
    outside = Outside()
    good, bad = [effect(f"leg-{n}") for n in range(5)], effect(POISON)
    async with carrying(outside, {}) as (effects, reports):
        effects.start([*good[:2], bad, *good[2:]])
        await until(lambda: sum(len(r.done) + len(r.failed) for r in reports) >= 6)

    assert sorted(outside.taken) == [f"leg-{n}" for n in range(5)]
    assert [failed for report in reports for failed in report.failed] == [bad.id]
    assert sorted(done for report in reports for done in report.done) == sorted(each.id for each in good)


async def test_a_secret_that_is_being_changed_fails_nothing() -> None:
    outside = Outside(refusal=401)
    async with carrying(outside, {}) as (effects, reports):
        effects.start([effect(POISON)])
        await until(lambda: effects.failures["p"] >= 2)

    assert reports == []


async def test_an_agent_without_a_phone_is_known_at_once_and_nobody_is_asked_to_ring() -> None:
    outside = Outside()
    with_phone, without = effect("with", agent="a"), effect("without", agent="b")
    async with carrying(outside, {"a": "SIP/1"}) as (effects, reports):
        effects.start([with_phone, without])
        await until(lambda: sum(len(r.done) + len(r.failed) for r in reports) >= 2)

    assert outside.taken == ["with"]
    assert [failed for report in reports for failed in report.failed] == [without.id]


@pytest.mark.parametrize("ticks", range(5))
async def test_carrying_ends_at_once_though_something_comes_at_that_moment(ticks: int) -> None:
    """A stop that waits for a carrier who has not heard it would keep the domain from whoever takes over."""
    async with carrying(Outside(), {}) as (effects, _):
        effects.start([effect("first")])
        await until(lambda: not effects.due["p"])
        await asyncio.sleep(0.05)  # the carrier waits for something to do
        effects.take(effect("second"))
        for _tick in range(ticks):
            await asyncio.sleep(0)
        stopping = asyncio.create_task(effects.stop())
        done, _ = await asyncio.wait({stopping}, timeout=5)
        stopping.cancel()

    assert stopping in done


async def test_who_is_no_longer_the_writer_when_the_connection_is_there_writes_nothing_to_it() -> None:
    """Stopped while it connects, continued when another has taken over: what was asked before is not true any more."""
    outside, is_writer = Outside(), True
    listener = Listener(outside.answer)
    url = f"http://127.0.0.1:{await listener.start()}/commands"
    posts = Posts(lambda: is_writer)
    body = json.dumps({"commands": [{"leg": "mine"}]}).encode()
    try:
        first = await posts.post("p", url, body, {})
        is_writer = False
        second = await posts.post("p", url, body, {})
        is_writer = True
        third = await posts.post("p", url, body, {})
    finally:
        await posts.close()
        await listener.stop()

    assert (first, second, third) == (200, None, 200)
    assert outside.taken == ["mine"] * 2
