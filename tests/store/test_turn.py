"""Is a turn written as a whole, by the holder of the epoch alone, and never against the rules of the tables?"""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from app.store import turn
from app.store.faults import ConnectionLost, DataError, FenceLost
from app.store.writer import WriterSession
from contacts.events import Event
from contacts.records import ConfigValue, Draft, Link
from tests.store.centre import START_US, Centre, Life, event, new_id, reply, somebody_waits, together

ALL_TABLES = ("event", "contact", "stay", "segment", "leg", "effect", "agent_state", "command", "contact_link")


async def rows_in(owner: asyncpg.Connection) -> dict[str, int]:
    return {table: await owner.fetchval(f"SELECT count(*) FROM {table}") for table in ALL_TABLES}


async def commit_all(session: WriterSession, drafts: list[Draft], first_seq: int = 1) -> int:
    for draft in drafts:
        await turn.commit(session, draft, first_seq)
        first_seq += len(draft.events)
    return first_seq


async def test_a_turn_stores_each_event_under_its_own_number(session, centre, owner):
    life = Life(centre, centre.agent_ids[0])

    await turn.commit(session, life.arrives(), 41)

    stored = await owner.fetch("SELECT seq, kind, epoch, at, recorded_at, data FROM event ORDER BY seq")
    assert [row["seq"] for row in stored] == [41, 42, 43]
    assert [row["kind"] for row in stored] == ["contact.arrived", "stay.queued", "segment.offered"]
    assert {row["epoch"] for row in stored} == {session.epoch}
    assert {row["data"] for row in stored} == {'{"wait_us": 12345}'}
    assert {int(row["at"].timestamp() * 1_000_000) for row in stored} == {START_US}


async def test_a_whole_life_leaves_every_record_as_it_ended(session, centre, owner):
    life = Life(centre, centre.agent_ids[0])

    await commit_all(session, life.steps())

    assert await owner.fetchrow("SELECT state, outcome FROM contact") == ("closed", "handled")
    assert await owner.fetchrow('SELECT "end", company_id::text FROM stay') == ("answered", centre.company_ids[0])
    assert await owner.fetchrow("SELECT state, wrap_up_until IS NOT NULL FROM segment") == ("done", True)
    assert await owner.fetch("SELECT DISTINCT state, last_rank FROM leg") == [("cleared", 3)]
    assert await owner.fetchrow("SELECT state, tries, seq FROM effect") == ("done", 1, 5)
    assert await owner.fetchrow("SELECT chosen, desk_reachable FROM agent_state") == ("ready", True)


async def test_a_turn_of_many_commands_is_one_transaction(session, centre, owner):
    lives = [Life(centre, centre.agent_ids[n % 4]) for n in range(50)]

    await commit_all(session, [together(step) for step in zip(*(life.steps() for life in lives), strict=True)])

    assert await owner.fetchval("SELECT count(*) FROM contact WHERE state = 'closed'") == 50
    assert await owner.fetchval("SELECT count(DISTINCT xmin::text) FROM event") == 6
    assert await owner.fetchval("SELECT max(seq) FROM event") == 50 * 15


@pytest.mark.parametrize("step", range(6))
async def test_a_lost_fence_writes_nothing(session, centre, owner, step):
    """Whatever the turn holds: after another process took the epoch, not one row of it is there."""
    steps = Life(centre, centre.agent_ids[0]).steps()
    seq = await commit_all(session, steps[:step])
    await owner.execute("UPDATE writer SET epoch = epoch + 1")
    before = await rows_in(owner)
    states = await owner.fetch("SELECT state, xmin FROM segment")

    with pytest.raises(FenceLost):
        await turn.commit(session, steps[step], seq)

    assert await rows_in(owner) == before
    assert await owner.fetch("SELECT state, xmin FROM segment") == states


async def test_a_turn_waits_for_a_takeover_and_then_writes_nothing(session, centre, owner):
    takeover = owner.transaction()
    await takeover.start()
    await owner.fetchval("SELECT epoch FROM writer WHERE domain_id = 1 FOR UPDATE")
    await owner.execute("UPDATE writer SET epoch = epoch + 1")
    waiting = asyncio.create_task(turn.commit(session, Life(centre, centre.agent_ids[0]).arrives(), 1))
    await somebody_waits(owner)
    await takeover.commit()

    with pytest.raises(FenceLost):
        await waiting
    assert await owner.fetchval("SELECT count(*) FROM event") == 0


async def test_an_old_offer_ends_and_a_new_one_begins_in_the_same_turn(session, centre, owner):
    """Both would be the stay's one exclusive offer: the old one gives its place up before the new one takes it."""
    life = Life(centre, centre.agent_ids[0])
    await turn.commit(session, life.arrives(), 1)
    for n, agent_id in enumerate(centre.agent_ids[1:]):
        old = replace(life.segment, state="expired", ended_us=START_US, end="timeout")
        new = replace(life.segment, id=new_id(), agent_id=agent_id)
        life.segment = new
        events = [event("segment.expired"), event("segment.offered")]
        draft = Draft(events, segments={new.id: new, old.id: old}, new_ids={new.id})

        await turn.commit(session, draft, 4 + 2 * n)

    states = await owner.fetch("SELECT state, count(*) FROM segment GROUP BY state ORDER BY state")
    assert states == [("expired", 3), ("offered", 1)]


async def test_one_offer_fails_and_another_is_accepted_in_the_same_turn(session, centre, owner):
    """In rounds both rows are there already: whichever stands first in the draft, the one that is over goes first."""
    life = Life(centre, centre.agent_ids[0])
    first = replace(life.segment, exclusive=False, state="connecting")
    second = replace(first, id=new_id(), agent_id=centre.agent_ids[1], state="offered")
    draft = life.arrives()
    draft.segments = {first.id: first, second.id: second}
    draft.new_ids |= {first.id, second.id}
    await turn.commit(session, draft, 1)

    changed = {second.id: replace(second, state="connecting"), first.id: replace(first, state="failed")}
    await turn.commit(session, Draft([event("segment.accepted")], segments=changed), 4)

    assert await owner.fetchval("SELECT agent_id::text FROM segment WHERE state = 'connecting'") == second.agent_id


async def test_a_stay_ends_and_the_next_begins_in_the_same_turn(session, centre, owner):
    life = Life(centre, centre.agent_ids[0])
    await turn.commit(session, life.arrives(), 1)
    over = replace(life.stay, ended_us=START_US, end="overflowed")
    following = replace(life.stay, id=new_id())

    draft = Draft([event("stay.ended")], stays={following.id: following, over.id: over}, new_ids={following.id})
    await turn.commit(session, draft, 4)

    assert await owner.fetchval("SELECT id::text FROM stay WHERE ended_at IS NULL") == following.id


async def test_two_accepted_segments_of_one_stay_are_refused(session, centre, owner):
    life = Life(centre, centre.agent_ids[0])
    await commit_all(session, [life.arrives(), life.accepted()])
    other = replace(life.segment, id=new_id(), agent_id=centre.agent_ids[1])
    before = await rows_in(owner)

    with pytest.raises(DataError, match="uq_segment_accepted"):
        await turn.commit(
            session, Draft([event("segment.accepted")], segments={other.id: other}, new_ids={other.id}), 6
        )

    assert await rows_in(owner) == before


@pytest.mark.parametrize("order", ["who goes first", "who comes first"])
async def test_one_takes_a_conversation_over_in_the_turn_in_which_the_other_ends_it(session, centre, owner, order):
    """Whichever row the statement happens to change first."""
    life = Life(centre, centre.agent_ids[0])
    await commit_all(session, [life.arrives(), life.accepted(), life.carried(), life.talks()])
    asked = replace(life.segment, id=new_id(), agent_id=centre.agent_ids[1], role="consult")
    drafted = Draft([event("segment.offered")], segments={asked.id: asked}, new_ids={asked.id})
    await turn.commit(session, drafted, 20)

    gone, heir = replace(life.segment, state="wrap_up"), replace(asked, role="primary")
    both = [gone, heir] if order == "who goes first" else [heir, gone]
    draft = Draft([event("segment.ended")], segments={segment.id: segment for segment in both})
    await turn.commit(session, draft, 21)

    now = await owner.fetch("SELECT agent_id::text, state FROM segment WHERE role = 'primary' ORDER BY state")
    assert [tuple(row) for row in now] == [(centre.agent_ids[1], "talking"), (centre.agent_ids[0], "wrap_up")]


async def test_a_change_of_a_row_that_is_not_there_refuses_the_turn(session, centre, owner):
    life = Life(centre, centre.agent_ids[0])

    with pytest.raises(DataError):
        await turn.commit(session, life.talks(), 1)

    assert await owner.fetchval("SELECT count(*) FROM event") == 0


async def test_rows_of_another_domain_are_out_of_reach(session, centre, owner):
    """The domain comes from the fence: a turn neither makes nor changes a row of another one."""
    life = Life(centre, centre.agent_ids[0])
    await turn.commit(session, life.arrives(), 1)
    await owner.execute("INSERT INTO domain (id, name) VALUES (2, 'other')")
    await owner.execute("INSERT INTO writer (domain_id, epoch, owner) VALUES (2, 1, 'x')")
    other = WriterSession(session.url)
    await other.try_takeover(2, "other")

    closed = replace(life.contact, state="closed", closed_us=START_US, outcome="cleared")
    with pytest.raises(DataError):
        await turn.commit(other, Draft([event("contact.closed")], contacts={closed.id: closed}), 1)
    await other.release()

    assert await owner.fetchval("SELECT state FROM contact") == "open"


@pytest.mark.parametrize(
    "poison",
    [
        {"text": "a\x00b"},  # jsonb takes no NUL
        {"text": "\ud800"},  # and no half of a character
        {"text": "x" * 5000},  # beyond the bound of an event
        {"value": float("nan")},
    ],
)
async def test_a_poisoned_turn_is_told_from_a_lost_connection(session, centre, owner, poison):
    draft = Life(centre, centre.agent_ids[0]).arrives()
    draft.events.append(Event("row.changed", START_US, "engine", data=poison))

    with pytest.raises(DataError):
        await turn.commit(session, draft, 1)

    assert sum((await rows_in(owner)).values()) == 0
    await turn.commit(session, Life(centre, centre.agent_ids[0]).arrives(), 1)


async def test_a_text_with_nul_is_the_turns_fault(session, centre, owner):
    draft = Life(centre, centre.agent_ids[0]).arrives()
    contact = next(iter(draft.contacts.values()))
    draft.contacts[contact.id] = replace(contact, number="+49\x00")

    with pytest.raises(DataError):
        await turn.commit(session, draft, 1)

    assert sum((await rows_in(owner)).values()) == 0


async def test_a_fault_never_tells_the_values_of_a_row(session, centre):
    life = Life(centre, centre.agent_ids[0])
    await turn.commit(session, life.arrives(), 1)
    twice = replace(life.contact, id=new_id(), number="+49301234567")

    with pytest.raises(DataError) as refused:
        await turn.commit(session, Draft([event("contact.arrived")], contacts={twice.id: twice}, new_ids={twice.id}), 4)

    assert "uq_contact_company_id_source_source_id" in str(refused.value)
    assert life.contact.source_id not in str(refused.value)


async def test_a_lost_connection_is_an_unknown_outcome(session, centre, owner):
    await owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%writer'")

    with pytest.raises(ConnectionLost):
        await turn.commit(session, Life(centre, centre.agent_ids[0]).arrives(), 1)

    await session.reconnect()
    await turn.commit(session, Life(centre, centre.agent_ids[0]).arrives(), 1)


async def test_answers_are_stored_with_the_turn_and_found_again(session, centre):
    answered = reply("arrive", 201, contact_id="c-1", note="grüß 你好")
    await turn.commit(session, Draft([event("row.changed")], replies=[answered]), 1)

    found = await turn.answers(
        session.conn, [(answered.principal, answered.command_id), ("key:2", answered.command_id)]
    )

    assert found == {
        (answered.principal, answered.command_id): (201, {"contact_id": "c-1", "note": "grüß 你好"}, b"h" * 32)
    }


async def test_the_same_command_is_answered_once(session, centre):
    answered = reply()
    await turn.commit(session, Draft([event("row.changed")], replies=[answered]), 1)

    with pytest.raises(DataError, match="pk_command"):
        await turn.commit(session, Draft([event("row.changed")], replies=[answered]), 2)


async def test_configuration_and_counters_are_kept_as_they_are_now(session, centre, owner):
    for n in (1, 2, 3):
        value = ConfigValue("queue", "q", n, {"rate": n} if n < 3 else None)
        draft = Draft([event("config.applied")], config={("queue", "q"): value}, engine_state={"window": [n]})
        await turn.commit(session, draft, n)
    old = Draft([event("config.applied")], config={("queue", "q"): ConfigValue("queue", "q", 2, {"rate": 2})})
    await turn.commit(session, old, 4)

    assert await owner.fetch('SELECT seq, "values" FROM config_applied') == [(3, None)]
    assert await owner.fetch("SELECT data FROM engine_state") == [('{"window": [3]}',)]


async def test_contacts_are_linked(session, centre, owner):
    first, second = Life(centre, centre.agent_ids[0]), Life(centre, centre.agent_ids[1])
    draft = together([first.arrives(), second.arrives()])
    draft.links = [Link(second.contact.id, first.contact.id, "callback_of")]

    await turn.commit(session, draft, 1)

    assert await owner.fetchval("SELECT kind FROM contact_link") == "callback_of"


async def test_a_turn_without_events_is_written_too(session, centre, owner):
    await turn.commit(session, Draft(replies=[reply()]), 1)

    assert await owner.fetchrow("SELECT seq FROM command") == (0,)


async def test_a_companys_contact_cannot_wait_in_anothers_queue(session, centre: Centre, owner):
    life = Life(centre, centre.agent_ids[0])
    draft = life.arrives()
    draft.stays[life.stay.id] = replace(life.stay, queue_id=centre.queue_ids[1])

    with pytest.raises(DataError, match="fk_stay_company_id"):
        await turn.commit(session, draft, 1)

    assert await owner.fetchval("SELECT count(*) FROM contact") == 0


async def test_a_stay_needs_a_version_that_exists(session, centre: Centre):
    life = Life(centre, centre.agent_ids[0])
    draft = life.arrives()
    draft.stays[life.stay.id] = replace(life.stay, queue_version=2)

    with pytest.raises(DataError, match="NotNullViolation"):
        await turn.commit(session, draft, 1)
