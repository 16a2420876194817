"""A fax comes and waits when its pages are here; a call turns out to be one; one of ours is tried until it is there.

After every turn the database makes the same house: also of a contact whose channel has changed.
"""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app import commands as c
from app.switchboard import new_id
from contacts.effect import ARI
from tests.journey.board import Board, open_board
from tests.journey.story import nothing_is_left, rows
from tests.journey.test_every_turn import Proof
from tests.journey.test_outside import company_calls
from tests.journey.test_self_service import published

NUMBER, PREMIUM = "+4930777001", "+499001234567"
CONTACT = "SELECT id::text, channel, state, outcome, ivr FROM contact ORDER BY arrived_at, id"
EVENTS = "SELECT kind, data FROM event WHERE kind LIKE 'fax.%' ORDER BY seq"
EFFECTS = "SELECT id::text, kind, state, args FROM effect ORDER BY id"
STAYS = 'SELECT "end" FROM stay ORDER BY id'


@contextlib.asynccontextmanager
async def board_over_ari(database: str, **config: Any) -> AsyncIterator[Board]:
    """Proved after every turn."""
    proof = Proof(database, 0)
    async with (
        contextlib.aclosing(proof),
        open_board(
            database, config={"wrap_up_s": 60, **config}, proofs=(proof,), on_closed=(proof.closed,), more_queues=1
        ) as board,
    ):
        board.provider = f"{ARI}{board.provider}"
        yield board


@dataclass(slots=True)
class Machine:
    """A fax machine that calls, and the wires of its call."""

    board: Board
    ref: str = field(default_factory=lambda: f"pbx-{new_id()[-8:]}")
    contact_id: str = field(default_factory=new_id)
    seqs: dict[str, int] = field(default_factory=dict)

    async def calls(self, channel: str = "fax", **about: Any) -> "Machine":
        source = {"source": f"telephony:{self.board.provider}", "source_id": self.ref, "contact_id": self.contact_id}
        await self.report("Delivered", entry=self.board.entry(0, channel=channel, **source, **about))
        await self.report("Established")
        return self

    async def report(self, event: Any, ref: str | None = None, entry: c.Entry | None = None) -> c.Reply:
        ref = ref or self.ref
        self.seqs[ref] = self.seqs.get(ref, 0) + 1
        report = c.LegReport(ref, event, self.seqs[ref], "normal", entry)
        return await self.board.ask(c.ReportLegs(self.board.provider, (report,)), actor="provider")

    async def asked(self) -> list[str]:
        return [row["kind"].removeprefix("telephony.") for row in await rows(self.board, EFFECTS)]

    async def came(self, came: Any, pages: int = 0, complete: bool = True) -> None:
        kinds = ("telephony.receive_fax", "telephony.send_fax")
        (open_,) = [row for row in await rows(self.board, EFFECTS) if row["kind"] in kinds and row["state"] == "sent"]
        report = c.ReportFax(self.board.provider, open_["id"], came, pages, complete)
        for _ in range(2):  # twice is as once
            await self.board.ask(report, actor="provider")

    async def tone(self) -> None:
        await self.board.ask(c.FaxTone(self.board.provider, self.ref), actor="provider")

    def segments(self) -> list[Any]:
        house = self.board.switchboard.house
        assert house is not None
        return house.segments(self.contact_id)

    def agent_ref(self) -> str:
        house = self.board.switchboard.house
        assert house is not None
        return [leg.provider_ref for leg in house.legs(self.contact_id) if leg.role == "agent"][-1]

    async def act(self, what: str) -> None:
        segment = self.segments()[-1]
        reply = await self.board.act(what, segment.id, segment.agent_id)
        assert reply.status == 200, reply


async def contact_of(board: Board) -> dict[str, Any]:
    (row,) = await rows(board, CONTACT)
    return {**row, "ivr": json.loads(row["ivr"])}


# --- one comes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["pages", "wire"])
async def test_a_fax_waits_when_its_pages_are_here_and_its_wire_is_down(database: str, first: str) -> None:
    """Whichever comes first; nobody is offered what is not there yet. Then it is work like any written contact."""
    async with board_over_ari(database) as board:
        await board.seat(board.centre.agent_ids[0])
        machine = await Machine(board).calls()
        assert await machine.asked() == ["receive_fax"]
        await (machine.came("received", 3) if first == "pages" else machine.report("ConnectionCleared"))
        before = await rows(board, STAYS)
        await (machine.report("ConnectionCleared") if first == "pages" else machine.came("received", 3))
        waits = await rows(board, STAYS)
        await machine.act("accept")
        states = [segment.state for segment in machine.segments()]
        await machine.act("end")
        await machine.act("finish")
        contact, events = await contact_of(board), await rows(board, EVENTS)
        asked = await machine.asked()
        nothing_is_left(board)
    assert (before, [row["end"] for row in waits]) == ([], [None])
    assert states == ["talking"], "accepting is connecting: there is no wire"
    assert (contact["channel"], contact["state"], contact["outcome"]) == ("fax", "closed", "handled")
    assert [(row["kind"], json.loads(row["data"])) for row in events] == [
        ("fax.received", {"pages": 3, "complete": True})
    ]
    assert asked == ["receive_fax"], "no phone is rung for it and no music played"


async def test_a_fax_that_a_fax_server_brings_waits_at_once_and_is_one_however_often_it_comes(database: str) -> None:
    async with board_over_ari(database) as board:
        about = {"channel": "fax", "source": "fax:key", "source_id": "fax1-1"}
        asked = [c.TakeFax(board.entry(0, **about), new_id(), 3, complete) for complete in (False, True)]
        made = [await board.ask(each, actor="customer") for each in asked]
        contact, stays = await contact_of(board), await rows(board, STAYS)
        nobody = c.TakeFax(replace(board.entry(0, **about), queue_id=None, source_id="fax1-2"), new_id(), 1)
        unread = await board.ask(nobody, actor="customer")
        (other,) = await rows(board, f"SELECT outcome FROM contact WHERE id = '{unread.body['contact_id']}'")
        events = await rows(board, EVENTS)
    assert [reply.status for reply in (*made, unread)] == [201, 200, 201]
    assert made[1].body == made[0].body == {"contact_id": contact["id"], "document": asked[0].document}
    assert [row["end"] for row in stays] == [None]
    assert json.loads(events[0]["data"]) == {"pages": 3, "complete": False}
    assert other["outcome"] == "message", "nobody is to read it at once"


async def test_a_call_on_a_fax_number_that_brings_nothing_has_failed(database: str) -> None:
    async with board_over_ari(database) as board:
        machine = await Machine(board).calls()
        await machine.report("ConnectionCleared")
        await machine.came("nothing")
        contact, stays = await contact_of(board), await rows(board, STAYS)
        nothing_is_left(board)
    assert (contact["state"], contact["outcome"], stays) == ("closed", "failed", [])


async def test_a_reception_that_could_not_be_begun_lets_the_caller_go(database: str) -> None:
    async with board_over_ari(database) as board:
        machine = await Machine(board).calls()
        (effect,) = await rows(board, EFFECTS)
        await board.ask(c.ReportEffects((), (effect["id"],)))
        asked = await machine.asked()
        await machine.report("ConnectionCleared")
        contact = await contact_of(board)
        nothing_is_left(board)
    assert asked == ["receive_fax", "hang_up"]
    assert (contact["state"], contact["outcome"]) == ("closed", "failed")


async def test_a_fax_for_no_queue_is_kept_and_waits_for_nobody(database: str) -> None:
    async with board_over_ari(database) as board:
        machine = await Machine(board).calls(queue_id=None)
        await machine.report("ConnectionCleared")
        await machine.came("received", 1)
        contact = await contact_of(board)
        nothing_is_left(board)
    assert (contact["state"], contact["outcome"]) == ("closed", "message")


# --- a call is one ----------------------------------------------------------------------------------------------------

WHERE = ("flow", "waiting", "offered", "connecting", "talking", "held", "wrap_up")


async def reach(machine: Machine, where: str) -> None:
    """A caller on a voice number that takes faxes, too, who has got so far."""
    board = machine.board
    if where not in ("flow", "waiting"):
        await board.seat(board.centre.agent_ids[0])
    fax_queue = board.centre.queue_ids[-1]
    flow = await published(board) if where == "flow" else None
    await machine.calls("phone", fax_queue_id=fax_queue, flow=flow)
    if where in ("connecting", "talking", "held", "wrap_up"):
        await machine.act("accept")
    if where in ("talking", "held", "wrap_up"):
        await machine.report("Established", machine.agent_ref())
    if where == "held":
        await machine.report("Held")
    if where == "wrap_up":  # put through: one wraps up while it waits again
        segment = machine.segments()[-1]
        await board.ask(c.TransferToQueue(segment.id, segment.agent_id, fax_queue))


@pytest.mark.parametrize("where", WHERE)
async def test_a_caller_who_is_a_fax_machine_is_the_same_contact_as_a_fax(database: str, where: str) -> None:
    """Whatever was going on with the call ends, and whoever had it is free."""
    async with board_over_ari(database) as board:
        machine = Machine(board)
        await reach(machine, where)
        await machine.tone()
        await machine.tone()
        moved, held = await contact_of(board), machine.segments()
        received = [each for each in await machine.asked() if each == "receive_fax"]
        ends = [row["end"] for row in await rows(board, STAYS)]
        for segment_leg in await rows(
            board, "SELECT provider_ref FROM leg WHERE role = 'agent' AND state <> 'cleared'"
        ):
            await machine.report("ConnectionCleared", segment_leg["provider_ref"])
        await machine.came("received", 2)
        await machine.report("ConnectionCleared")
        queues = await rows(board, "SELECT queue_id::text FROM stay WHERE ended_at IS NULL")
        await board.seat(board.centre.agent_ids[1])
        offered = machine.segments()
        contact = await contact_of(board)
        await machine.act("accept")
        await machine.act("end")
        await machine.act("finish")
        last = await contact_of(board)
        nothing_is_left(board)
    assert (moved["channel"], moved["state"], moved["id"]) == ("fax", "open", machine.contact_id)
    assert held == [], "nobody has the call any more"
    assert received == ["receive_fax"], "once"
    assert None not in ends
    assert where in ("flow", "talking", "held") or ends[-1] == "cleared"
    assert [row["queue_id"] for row in queues] == [board.centre.queue_ids[-1]], "where faxes to this number wait"
    assert len(offered) == 1
    assert contact["id"] == machine.contact_id
    assert (last["state"], last["outcome"]) == ("closed", "handled")


async def test_a_tone_on_a_number_for_voice_alone_changes_nothing(database: str) -> None:
    async with board_over_ari(database) as board:
        machine = await Machine(board).calls("phone")
        await machine.tone()
        contact = await contact_of(board)
        asked = await machine.asked()
    assert (contact["channel"], contact["state"]) == ("phone", "open")
    assert "hear_fax" not in asked
    assert "receive_fax" not in asked


# --- one goes ---------------------------------------------------------------------------------------------------------


async def sends(board: Board, to: str = NUMBER, **about: Any) -> tuple[Machine, c.Reply]:
    machine = Machine(board)
    entry = board.entry(0, channel="fax", direction="out", queue_id=None, contact_id=machine.contact_id)
    reply = await board.ask(c.SendFax(entry, new_id(), 2, to, **about))
    return machine, reply


async def not_taken(machine: Machine, came: str) -> None:
    """The other side was dialled, and this came of it."""
    house = machine.board.switchboard.house
    assert house is not None
    (leg,) = house.legs(machine.contact_id)
    await machine.report("ConnectionCleared", leg.provider_ref)
    await machine.came(came)


async def test_a_fax_that_an_agent_sends_in_answer_is_the_reply_and_one_that_a_program_sends_is_none(
    database: str,
) -> None:
    replied = "SELECT stay_id::text, segment_id::text, agent_id::text FROM event WHERE kind = 'contact.replied'"
    async with board_over_ari(database) as board:
        await company_calls(board)
        await board.seat(board.centre.agent_ids[0])
        machine = await Machine(board).calls()
        await machine.came("received", 1)
        await machine.report("ConnectionCleared")
        await machine.act("accept")
        (own,) = machine.segments()
        await sends(board, reply_to=machine.contact_id)
        before = await rows(board, replied)
        await sends(board, reply_to=machine.contact_id, agent_id=own.agent_id)
        after = await rows(board, replied)
    assert before == []
    assert [tuple(row.values()) for row in after] == [(own.stay_id, own.id, own.agent_id)]


async def test_a_fax_that_is_not_taken_is_sent_again_after_a_while_until_it_is_there(database: str) -> None:
    async with board_over_ari(database) as board:
        await company_calls(board, max_attempts=3, retry_delay_s=60)
        machine, reply = await sends(board)
        await not_taken(machine, "busy")
        waiting = await contact_of(board)
        at_once = await machine.asked()
        await board.let_pass(61)
        await not_taken(machine, "no_answer")
        await board.let_pass(61)
        await machine.came("sent", 2)
        sent, events = await contact_of(board), await rows(board, EVENTS)
        asked = await machine.asked()
        legs = await rows(board, "SELECT provider_ref FROM leg WHERE state <> 'cleared'")
        await machine.report("ConnectionCleared", legs[0]["provider_ref"])
        nothing_is_left(board)
    assert reply.status == 201
    assert (waiting["ivr"]["fax"]["state"], waiting["ivr"]["fax"]["cause"]) == ("waiting", "busy")
    assert at_once == ["send_fax"], "not at once"
    assert asked == ["send_fax"] * 3
    assert (sent["state"], sent["outcome"], sent["ivr"]["fax"]["state"]) == ("closed", "handled", "sent")
    assert [row["kind"] for row in events] == ["fax.not_sent", "fax.not_sent", "fax.sent"]


@pytest.mark.parametrize(("came", "tries"), [("busy", 2), ("no_answer", 2), ("failed", 2), ("unknown", 1)])
async def test_a_fax_that_nobody_takes_has_failed_and_what_may_have_been_sent_is_not_sent_again(
    database: str, came: str, tries: int
) -> None:
    async with board_over_ari(database) as board:
        await company_calls(board, max_attempts=2, retry_delay_s=60)
        machine, _ = await sends(board)
        for _ in range(tries):
            await not_taken(machine, came)
            await board.let_pass(61)
        contact, asked = await contact_of(board), await machine.asked()
        nothing_is_left(board)
    assert asked == ["send_fax"] * tries
    assert (contact["state"], contact["outcome"]) == ("closed", "failed")
    assert (contact["ivr"]["fax"]["state"], contact["ivr"]["fax"]["cause"]) == ("failed", came)


async def test_where_no_call_may_go_no_fax_may(database: str) -> None:
    async with board_over_ari(database) as board:
        nowhere = (await sends(board))[1]
        await company_calls(board, per_number_day=1)
        premium = (await sends(board, PREMIUM))[1]
        first = (await sends(board))[1]
        often = (await sends(board))[1]
    assert [reply.body.get("text_key") for reply in (nowhere, premium, often)] == [
        "dial.no_way", "destination.premium", "dial.number_often",
    ]  # fmt: skip
    assert first.status == 201


async def test_what_waits_to_be_sent_again_is_found_by_a_new_writer(database: str) -> None:
    async with board_over_ari(database) as board:
        await company_calls(board, retry_delay_s=60)
        machine, _ = await sends(board)
        await not_taken(machine, "busy")
        await rows(
            board,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()",
        )
        await board.let_pass(61)
        asked = await machine.asked()
    assert asked == ["send_fax"] * 2


async def test_whoever_is_erased_is_sent_nothing_more(database: str) -> None:
    async with board_over_ari(database) as board:
        await company_calls(board, retry_delay_s=60)
        customer_id = new_id()
        await rows(
            board, "INSERT INTO customer (id, company_id, kind, name) VALUES ($1, $2, 'person', 'n')",
            customer_id, board.centre.company_ids[0],
        )  # fmt: skip
        machine = Machine(board)
        entry = board.entry(
            0, channel="fax", direction="out", queue_id=None, contact_id=machine.contact_id, customer_id=customer_id
        )
        await board.ask(c.SendFax(entry, new_id(), 1, NUMBER))
        await not_taken(machine, "busy")
        await board.ask(c.EraseCustomer(customer_id, board.centre.company_ids[0]))
        await board.let_pass(61)
        asked, contact = await machine.asked(), await contact_of(board)
        nothing_is_left(board)
    assert asked == ["send_fax"]
    assert (contact["state"], contact["outcome"]) == ("closed", "failed")
