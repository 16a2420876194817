"""Does a new writer read exactly what the last one held?"""

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.store import rebuild, turn
from app.store.rebuild import read_records
from app.store.writer import WriterSession
from contacts.contact import Contact
from contacts.effect import Effect
from contacts.leg import Leg
from contacts.presence import AgentState
from contacts.records import CLEARED_LEGS_MAX, ConfigValue, Draft, Records
from contacts.segment import OVER, Segment
from contacts.stay import Stay, Wishes
from tests.store.centre import START_US, Centre, Life, event, furnish, new_id, together

ids = st.uuids(version=4).map(str)
instants = st.integers(START_US, START_US + 10**12)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
json_values = st.dictionaries(
    texts,
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), texts, st.lists(texts, max_size=3)),
    max_size=4,
)
wishes = st.builds(Wishes, st.none() | ids, st.lists(ids, max_size=3).map(tuple), st.none() | ids)


class Memory:
    """What the writer holds: the same drafts, kept by the plainest rules there are."""

    def __init__(self) -> None:
        self.records = Records(1)
        self.all: dict[str, dict[str, Any]] = {
            "contacts": {}, "stays": {}, "segments": {}, "legs": {}, "effects": {}
        }  # fmt: skip

    def take(self, draft: Draft) -> None:
        for kind, rows in self.all.items():
            rows.update(getattr(draft, kind))
        for leg in draft.legs.values():
            if leg.state == "cleared":
                self.records.cleared_legs[leg.provider, leg.provider_ref] = None
        self.records.agents.update(draft.agents)
        self.records.config.update(draft.config)
        if draft.engine_state is not None:
            self.records.engine_state = draft.engine_state
        if draft.events:
            self.records.last_seq += len(draft.events)
            self.records.last_at_us = draft.events[-1].at_us
        self.records.config_seq = max((value.seq for value in self.records.config.values()), default=0)

    def expected(self) -> Records:
        live = {s.id: s for s in self.all["segments"].values() if s.state not in OVER}
        worked_on = {s.contact_id for s in live.values()}
        return replace(
            self.records,
            contacts={c.id: c for c in self.all["contacts"].values() if c.state == "open" or c.id in worked_on},
            stays={s.id: s for s in self.all["stays"].values() if s.ended_us is None},
            segments=live,
            legs={leg.id: leg for leg in self.all["legs"].values() if leg.state != "cleared"},
            effects={e.id: e for e in self.all["effects"].values() if e.state in ("due", "sent")},
        )


@st.composite
def drafts(draw: st.DrawFn, centre: Centre) -> list[Draft]:
    """A random floor: contacts come, wait, are offered, change hands and end, several in one turn."""
    choose = lambda values: draw(st.sampled_from(values))  # noqa: E731
    contacts: dict[str, Contact] = {}
    stays: dict[str, Stay] = {}
    segments: dict[str, Segment] = {}
    legs: dict[str, Leg] = {}
    effects: dict[str, Effect] = {}
    made: list[Draft] = []
    config_seq = 0
    for _ in range(draw(st.integers(1, 8))):
        draft = Draft()
        for _ in range(draw(st.integers(1, 4))):
            match choose(["arrive", "wait", "offer", "step", "report", "effect", "agent", "config", "close", "count"]):
                case "arrive":
                    company = choose(centre.company_ids)
                    contact = Contact(
                        new_id(), company, 1, choose(["phone", "chat"]), "in", "open", "api:1", new_id(),
                        draw(instants), number=draw(st.none() | st.just("+491")), collected=draw(json_values),
                    )  # fmt: skip
                    contacts[contact.id] = draft.contacts[contact.id] = contact
                    draft.new_ids.add(contact.id)
                case "wait":
                    waiting = {s.contact_id for s in stays.values() if s.end is None}
                    free = [c for c in contacts.values() if c.state == "open" and c.id not in waiting]
                    if free:
                        contact = choose(free)
                        queue_id = centre.queue_ids[centre.company_ids.index(contact.company_id)]
                        stay = Stay(
                            new_id(), contact.id, 1, queue_id, 1, draw(texts), draw(instants), *[draw(instants)] * 3,
                            draw(wishes), routing=draw(json_values),
                        )  # fmt: skip
                        stays[stay.id] = draft.stays[stay.id] = stay
                        draft.new_ids.add(stay.id)
                case "offer":
                    offered = {s.stay_id for s in segments.values() if s.state not in OVER}
                    free = [s for s in stays.values() if s.end is None and s.id not in offered]
                    if free:
                        stay = choose(free)
                        segment = Segment(
                            new_id(), stay.contact_id, stay.id, stay.queue_id, 1, choose(centre.agent_ids), "primary",
                            "offered", draw(instants), draw(st.none() | instants), draw(st.booleans()),
                            draw(st.booleans()),
                        )  # fmt: skip
                        segments[segment.id] = draft.segments[segment.id] = segment
                        draft.new_ids.add(segment.id)
                case "step":
                    live = [s for s in segments.values() if s.state not in OVER]
                    if live:
                        segment = replace(
                            choose(live), state=choose(["connecting", "talking", "held", "parked", "wrap_up", *OVER]),
                            connected_us=draw(st.none() | instants), ended_us=draw(st.none() | instants),
                            wrap_up_until_us=draw(st.none() | instants), end=draw(st.none() | st.just("timeout")),
                        )  # fmt: skip
                        segments[segment.id] = draft.segments[segment.id] = segment
                        stay = stays[segment.stay_id]
                        if stay.end is None and draw(st.booleans()):
                            stays[stay.id] = draft.stays[stay.id] = replace(
                                stay, ended_us=draw(instants), end="answered"
                            )
                case "report":
                    alive = [leg for leg in legs.values() if leg.state != "cleared"]
                    if alive and draw(st.booleans()):
                        leg = choose(alive)
                        state = choose(["established", "held", "cleared"])
                        # Distinct instants: their order is the order of the tombstones.
                        ended = START_US + len(made) * 100 + len(draft.legs) if state == "cleared" else None
                        leg = replace(leg, state=state, last_rank=leg.last_rank + 1, ended_us=ended)
                        if state == "cleared" and any(other.state == "cleared" for other in draft.legs.values()):
                            continue
                    elif contacts:
                        leg = Leg(new_id(), 1, choose(sorted(contacts)), "p", new_id(), "customer", "initiated")
                        draft.new_ids.add(leg.id)
                    else:
                        continue
                    legs[leg.id] = draft.legs[leg.id] = leg
                case "effect":
                    open_ones = [e for e in effects.values() if e.state in ("due", "sent")]
                    if open_ones and draw(st.booleans()):
                        effect = replace(
                            choose(open_ones), state=choose(["sent", "done", "failed", "unknown"]), tries=1
                        )
                    elif contacts:
                        effect = Effect(
                            new_id(), 1, choose(sorted(contacts)), None, "telephony.ring", draw(st.booleans()), "p",
                            draw(json_values), not_after_us=draw(st.none() | instants),
                        )  # fmt: skip
                        draft.new_ids.add(effect.id)
                    else:
                        continue
                    effects[effect.id] = draft.effects[effect.id] = effect
                case "agent":
                    agent_id = choose(centre.agent_ids)
                    draft.agents[agent_id] = AgentState(
                        agent_id, 1, choose(["ready", "away", "offline"]), draw(st.none() | st.just("lunch")), None,
                        draw(st.booleans()), draw(st.none() | ids), draw(instants), draw(st.none() | instants),
                        draw(st.booleans()), draw(st.none() | instants), draw(st.booleans()),
                    )  # fmt: skip
                case "config":
                    config_seq += 1
                    value = ConfigValue("queue", choose(centre.queue_ids), config_seq, draw(st.none() | json_values))
                    draft.config[value.kind, value.subject_id] = value
                case "close":
                    open_ones = [c for c in contacts.values() if c.state == "open"]
                    if open_ones:
                        contact = replace(
                            choose(open_ones), state="closed", closed_us=draw(instants), outcome="handled"
                        )
                        contacts[contact.id] = draft.contacts[contact.id] = contact
                case "count":
                    draft.engine_state = draw(json_values)
        draft.events = [event("row.changed", START_US + len(made)) for _ in range(draw(st.integers(0, 3)))]
        made.append(draft)
    return made


def test_what_was_written_is_read_again_whatever_it_was(database: str) -> None:
    """For random floors: the records read are the records kept in memory, to the microsecond and the last letter."""
    centre = asyncio.run(furnish(database))

    async def round_trip(turns: list[Draft]) -> tuple[Records, Records]:
        owner = await asyncpg.connect(database)
        for table in (
            "segment", "stay", "leg", "effect", "contact", "agent_state", "event", "config_applied", "engine_state",
            "writer_beat",
        ):  # fmt: skip
            await owner.execute(f"DELETE FROM {table}")
        await owner.close()
        session = WriterSession(database)
        await session.try_takeover(1, "test")
        memory = Memory()
        try:
            for draft in turns:
                await turn.commit(session, draft, memory.records.last_seq + 1)
                memory.take(draft)
            return await read_records(session.conn, 1), memory.expected()
        finally:
            await session.release()

    @given(turns=drafts(centre))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    def holds(turns: list[Draft]) -> None:
        found, expected = asyncio.run(round_trip(turns))

        assert found == expected
        assert list(found.cleared_legs) == list(expected.cleared_legs)

    holds()


async def test_an_empty_domain_is_read_as_one(session, centre):
    assert await read_records(session.conn, 1) == Records(1)


async def test_a_closed_contact_is_kept_while_its_wrap_up_lasts(session, centre):
    life = Life(centre, centre.agent_ids[0])
    seq = 1
    for draft in (life.arrives(), life.accepted(), life.talks(), life.ends()):
        await turn.commit(session, draft, seq)
        seq += len(draft.events)

    records = await read_records(session.conn, 1)

    assert records.contacts == {life.contact.id: life.contact}
    assert records.segments == {life.segment.id: life.segment}
    assert records.stays == {}
    assert list(records.cleared_legs) == [(leg.provider, leg.provider_ref) for leg in life.legs]

    await turn.commit(session, life.finishes(), seq)

    assert (await read_records(session.conn, 1)).contacts == {}


async def test_another_domains_records_are_not_read(session, centre, owner):
    await turn.commit(session, Life(centre, centre.agent_ids[0]).arrives(), 1)

    assert await read_records(session.conn, 2) == Records(2)


async def test_what_is_closed_costs_a_rebuild_nothing(session, centre, owner):
    """Every big table is read by an index of its open rows, also while the tables are young."""
    lives = [Life(centre, centre.agent_ids[n % 4]) for n in range(300)]
    await turn.commit(session, together([life.arrives() for life in lives]), 1)
    queries = (rebuild.CONTACTS, rebuild.STAYS, rebuild.SEGMENTS, rebuild.LEGS, rebuild.EFFECTS, rebuild.LAST_EVENT)

    plans = [await session.conn.fetch(f"EXPLAIN {query}", 1) for query in queries]

    read_whole = [line[0] for plan in plans for line in plan if "Seq Scan" in line[0]]
    assert read_whole == []
    assert len((await read_records(session.conn, 1)).contacts) == 300


async def test_tombstones_are_the_latest_and_bounded(session, centre, owner):
    life = Life(centre, centre.agent_ids[0])
    await turn.commit(session, life.arrives(), 1)
    await owner.execute(
        "INSERT INTO leg (id, domain_id, contact_id, provider, provider_ref, role, state, ended_at) "
        "SELECT gen_random_uuid(), 1, $1, 'p', n::text, 'customer', 'cleared', now() + n * interval '1 s' "
        "FROM generate_series(1, $2::int) n",
        life.contact.id,
        CLEARED_LEGS_MAX + 10,
    )

    cleared = list((await read_records(session.conn, 1)).cleared_legs)

    assert len(cleared) == CLEARED_LEGS_MAX
    assert cleared[0] == ("p", "11")
    assert cleared[-1] == ("p", str(CLEARED_LEGS_MAX + 10))
