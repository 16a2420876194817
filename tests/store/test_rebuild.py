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
from contacts.stay import Stay, Told, Wishes
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


class Floor:
    """Makes random turns: contacts come, wait, are offered, change hands and end."""

    def __init__(self, draw: st.DrawFn, centre: Centre) -> None:
        self.draw, self.centre = draw, centre
        self.contacts: dict[str, Contact] = {}
        self.stays: dict[str, Stay] = {}
        self.segments: dict[str, Segment] = {}
        self.legs: dict[str, Leg] = {}
        self.effects: dict[str, Effect] = {}
        self.config_seq = 0
        self.turns: list[Draft] = []
        self.draft = Draft()

    def turn(self) -> None:
        self.draft = Draft()
        acts = [self.arrive, self.wait, self.offer, self.step, self.report, self.effect, self.agent, self.config,
                self.close, self.count]  # fmt: skip
        for _ in range(self.draw(st.integers(1, 4))):
            self.one_of(acts)()
        events = self.draw(st.integers(0, 3))
        self.draft.events = [event("row.changed", START_US + len(self.turns)) for _ in range(events)]
        self.turns.append(self.draft)

    def one_of(self, values: Any) -> Any:
        return self.draw(st.sampled_from(list(values)))

    def maybe(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self.draw(st.none() | strategy)

    def keep(self, kind: str, row: Any, *, new: bool = False) -> None:
        getattr(self, kind)[row.id] = row
        getattr(self.draft, kind)[row.id] = row
        if new:
            self.draft.new_ids.add(row.id)

    def arrive(self) -> None:
        company, draw = self.one_of(self.centre.company_ids), self.draw
        contact = Contact(
            new_id(), company, 1, self.one_of(["phone", "chat"]), "in", "open", "api:1", new_id(), draw(instants),
            number=self.maybe(st.just("+491")), collected=draw(json_values),
        )  # fmt: skip
        self.keep("contacts", contact, new=True)

    def wait(self) -> None:
        waiting = {s.contact_id for s in self.stays.values() if s.end is None}
        free = [c for c in self.contacts.values() if c.state == "open" and c.id not in waiting]
        if free:
            contact, draw = self.one_of(free), self.draw
            queue_id = self.centre.queue_ids[self.centre.company_ids.index(contact.company_id)]
            stay = Stay(
                new_id(), contact.id, 1, queue_id, 1, draw(texts), draw(instants), draw(instants), draw(instants),
                draw(instants), draw(wishes), routing=draw(json_values),
                told=self.maybe(st.builds(Told, instants, instants, instants)),
            )  # fmt: skip
            self.keep("stays", stay, new=True)

    def offer(self) -> None:
        offered = {s.stay_id for s in self.segments.values() if s.state not in OVER}
        free = [s for s in self.stays.values() if s.end is None and s.id not in offered]
        if free:
            stay, draw = self.one_of(free), self.draw
            segment = Segment(
                new_id(), stay.contact_id, stay.id, stay.queue_id, 1, self.one_of(self.centre.agent_ids), "primary",
                "offered", draw(instants), self.maybe(instants), draw(st.booleans()), draw(st.booleans()),
            )  # fmt: skip
            self.keep("segments", segment, new=True)

    def step(self) -> None:
        live = [s for s in self.segments.values() if s.state not in OVER]
        if not live:
            return
        state = self.one_of(["connecting", "talking", "held", "parked", "wrap_up", *sorted(OVER)])
        segment = replace(
            self.one_of(live),
            state=state,
            connected_us=self.maybe(instants),
            ended_us=self.maybe(instants),
            wrap_up_until_us=self.maybe(instants),
            end=self.maybe(st.just("timeout")),
        )
        self.keep("segments", segment)
        stay = self.stays[segment.stay_id]
        if stay.end is None and self.draw(st.booleans()):
            self.keep("stays", replace(stay, ended_us=self.draw(instants), end="answered"))

    def report(self) -> None:
        alive = [leg for leg in self.legs.values() if leg.state != "cleared"]
        if alive and self.draw(st.booleans()):
            state = self.one_of(["established", "held", "cleared"])
            if state == "cleared" and any(leg.state == "cleared" for leg in self.draft.legs.values()):
                return  # one a turn, so that tombstones have one order
            leg = self.one_of(alive)
            ended_us = START_US + len(self.turns) if state == "cleared" else None
            self.keep("legs", replace(leg, state=state, last_rank=leg.last_rank + 1, ended_us=ended_us))
        elif self.contacts:
            contact_id = self.one_of(sorted(self.contacts))
            self.keep("legs", Leg(new_id(), 1, contact_id, "p", new_id(), "customer", "initiated"), new=True)

    def effect(self) -> None:
        open_ones = [e for e in self.effects.values() if e.state in ("due", "sent")]
        if open_ones and self.draw(st.booleans()):
            state = self.one_of(["sent", "done", "failed", "unknown"])
            self.keep("effects", replace(self.one_of(open_ones), state=state, tries=1))
        elif self.contacts:
            effect = Effect(
                new_id(), 1, self.one_of(sorted(self.contacts)), None, "telephony.ring", self.draw(st.booleans()), "p",
                self.draw(json_values), not_after_us=self.maybe(instants),
            )  # fmt: skip
            self.keep("effects", effect, new=True)

    def agent(self) -> None:
        agent_id, draw = self.one_of(self.centre.agent_ids), self.draw
        self.draft.agents[agent_id] = AgentState(
            agent_id, 1, self.one_of(["ready", "away", "offline"]), self.maybe(st.just("lunch")), None,
            draw(st.booleans()), self.maybe(ids), draw(instants), self.maybe(instants), draw(st.booleans()),
            self.maybe(instants), draw(st.booleans()),
        )  # fmt: skip

    def config(self) -> None:
        self.config_seq += 1
        queue_id = self.one_of(self.centre.queue_ids)
        self.draft.config["queue", queue_id] = ConfigValue("queue", queue_id, self.config_seq, self.maybe(json_values))

    def close(self) -> None:
        open_ones = [c for c in self.contacts.values() if c.state == "open"]
        if open_ones:
            closed_us = self.draw(instants)
            self.keep(
                "contacts", replace(self.one_of(open_ones), state="closed", closed_us=closed_us, outcome="handled")
            )

    def count(self) -> None:
        self.draft.engine_state = self.draw(json_values)


@st.composite
def random_turns(draw: st.DrawFn, centre: Centre) -> list[Draft]:
    floor = Floor(draw, centre)
    for _ in range(draw(st.integers(1, 8))):
        floor.turn()
    return floor.turns


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

    @given(turns=random_turns(centre))
    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
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
