"""A call walks through a flow: by reports alone, into the queue and out of it, over our death, gone at any moment."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from app import commands as c
from app.switchboard import new_id
from tests.journey.board import Board, open_board
from tests.journey.story import rows, we_die

FLOW = """\
flow: main
languages: [en, zh-CN]
start: menu
prompts:
  menu: {en: "press a key", zh-CN: 请按键}
  order: {en: "your number", zh-CN: 请输入}
  bye: {en: bye, zh-CN: 再见}
  leave: {en: speak, zh-CN: 请留言}
nodes:
  menu: {menu: menu, keys: {1: queue, 2: order, 3: message}, tries: 2}
  order: {collect: order, ask: order, secret: true, next: code}
  code: {collect: code, ask: order, next: queue}
  message: {voicemail: leave, next: bye}
  queue: {enqueue: queue, on: {limit: message, closed: bye}}
  bye: {hang_up: bye}
"""
ARRIVED = "SELECT id::text, state, outcome, collected, ivr, channel FROM contact ORDER BY arrived_at, id"
ASKED = "SELECT id::text, kind, args, state FROM effect ORDER BY id"


@dataclass(slots=True)
class Walk:
    """A caller in the flow, and what was last asked of the provider for them."""

    board: Board
    ref: str = field(default_factory=lambda: f"pbx-{new_id()[-8:]}")
    contact_id: str = field(default_factory=new_id)
    seq: int = 0

    @property
    def provider(self) -> str:
        return f"asterisk:{self.board.provider}"

    async def begin(self, flow: c.FlowRef) -> "Walk":
        entry = self.board.entry(
            0, channel="phone", contact_id=self.contact_id, source_id=self.ref, flow=flow, facts={"caller": "+4930777"}
        )
        await self.report("Delivered", entry)
        await self.report("Established")
        return self

    async def report(self, event: Any, entry: c.Entry | None = None) -> c.Reply:
        self.seq += 1
        report = c.LegReport(self.ref, event, self.seq, "normal", entry)
        return await self.tell(c.ReportLegs(self.provider, (report,)))

    async def tell(self, command: c.Command) -> c.Reply:
        return await self.board.switchboard.submit(c.Envelope(self.provider, "", b"", command, "provider"))

    async def says(self, said: Any, keys: str = "", seconds: float = 0.0) -> None:
        """What came of the question that is open."""
        asked = [row for row in await rows(self.board, ASKED) if row["state"] == "sent"]
        assert len(asked) == 1, f"one question is open: {asked}"
        await self.tell(c.ReportHeard(self.provider, asked[0]["id"], said, keys, seconds))

    async def verbs(self) -> list[str]:
        return [row["kind"].removeprefix("telephony.") for row in await rows(self.board, ASKED)]


async def published(board: Board, text: str = FLOW) -> c.FlowRef:
    flow_id = new_id()
    conn = await asyncpg.connect(board.url)
    try:
        async with conn.transaction():
            company_id = board.centre.company_ids[0]
            await conn.execute(
                "INSERT INTO flow (id, company_id, name, current_version) VALUES ($1, $2, 'main', 1)",
                flow_id, company_id,
            )  # fmt: skip
            await conn.execute(
                "INSERT INTO flow_version (flow_id, version, company_id, text, state) "
                "VALUES ($1, 1, $2, $3, 'published')",
                flow_id, company_id, text,
            )  # fmt: skip
    finally:
        await conn.close()
    return c.FlowRef(flow_id, 1)


async def test_keys_lead_into_the_queue_and_an_agent_hears_what_was_keyed_in(database: str) -> None:
    async with open_board(database) as board:
        walk = await Walk(board).begin(await published(board))
        await walk.says("keys", "2")
        await walk.says("keys", "4711")
        await walk.says("keys", "88")
        (contact,) = await rows(board, ARRIVED)
        (stay,) = await rows(board, 'SELECT "end" FROM stay')
        events = await rows(board, "SELECT kind, data::text FROM event WHERE kind LIKE 'ivr.%' ORDER BY seq")
        effects = await rows(board, ASKED)
        await walk.report("ConnectionCleared")
        (gone,) = await rows(board, ARRIVED)
    assert verbs_of(effects) == ["answer", "collect", "collect", "collect", "wait"]
    assert stay["end"] is None
    assert '"code": "88"' in contact["collected"]
    assert "4711" not in str([contact, effects, events]), "a secret is nowhere"
    assert (gone["state"], gone["outcome"]) == ("closed", "abandoned")


def verbs_of(effects: list[Any]) -> list[str]:
    return [row["kind"].removeprefix("telephony.") for row in effects]


async def test_nothing_pressed_is_asked_again_and_then_over(database: str) -> None:
    async with open_board(database) as board:
        walk = await Walk(board).begin(await published(board))
        await walk.says("silence")
        await walk.says("silence")
        await walk.says("done")
        verbs = await walk.verbs()
        await walk.report("ConnectionCleared")
        (contact,) = await rows(board, ARRIVED)
    assert verbs == ["answer", "collect", "collect", "play", "hang_up"]
    assert (contact["state"], contact["outcome"]) == ("closed", "cleared")


async def test_a_queue_that_cannot_help_gives_the_caller_back_to_the_flow(database: str) -> None:
    async with open_board(database, config={"limit_s": 600}) as board:
        walk = await Walk(board).begin(await published(board))
        await walk.says("keys", "1")
        await board.let_pass(601)
        verbs = await walk.verbs()
        await walk.says("recorded", seconds=4.0)
        await walk.says("done")
        await walk.report("ConnectionCleared")
        first, second = await rows(board, ARRIVED)
        stays = await rows(board, 'SELECT contact_id::text, "end" FROM stay ORDER BY queued_at')
        kept = await rows(board, "SELECT args FROM effect WHERE kind = 'telephony.keep_recording'")
    assert verbs == ["answer", "collect", "wait", "record_message"]
    assert (first["channel"], first["outcome"]) == ("phone", "voicemail")
    assert (second["channel"], second["state"]) == ("task", "open"), "the message waits where its caller did"
    assert [stay["end"] for stay in stays] == ["cleared", None]
    assert len(kept) == 1


async def test_an_agent_who_answers_ends_the_flow(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        walk = await Walk(board).begin(await published(board))
        await walk.says("keys", "1")
        (segment,) = await rows(board, "SELECT id::text, agent_id::text FROM segment")
        await board.act("accept", segment["id"], segment["agent_id"])
        (wire,) = await rows(board, "SELECT provider_ref FROM leg WHERE role = 'agent'")
        report = c.LegReport(wire["provider_ref"], "Established", 1)
        await walk.tell(c.ReportLegs(walk.provider, (report,)))
        (contact,) = await rows(board, ARRIVED)
        (state,) = await rows(board, "SELECT state FROM segment")
        connects = await rows(board, "SELECT state, once FROM effect WHERE kind = 'telephony.connect'")
    assert state["state"] == "talking"
    assert '"node"' not in contact["ivr"]
    assert [(row["state"], row["once"]) for row in connects] == [("sent", True)], "it is done once"


async def test_nothing_is_recorded_before_an_agent_talks_so_that_no_secret_is(database: str) -> None:
    """A queue whose calls are recorded: what its flow asks for in secret is keyed in before any part begins."""
    async with open_board(database, config={"recording": "always"}) as board:
        await board.seat(board.centre.agent_ids[0])
        walk = await Walk(board).begin(await published(board))
        for keys in ("2", "4711", "88"):
            await walk.says("keys", keys)
        (segment,) = await rows(board, "SELECT id::text, agent_id::text FROM segment")
        await board.act("accept", segment["id"], segment["agent_id"])
        before = await rows(board, ASKED)
        (wire,) = await rows(board, "SELECT provider_ref FROM leg WHERE role = 'agent'")
        report = c.LegReport(wire["provider_ref"], "Established", 1)
        await walk.tell(c.ReportLegs(walk.provider, (report,)))
        after = await rows(board, ASKED)
        (contact,) = await rows(board, ARRIVED)
    assert sum('"secret": true' in row["args"] for row in before) == 1
    assert verbs_of(before) == ["answer", "collect", "collect", "collect", "wait", "connect"]
    assert verbs_of(after)[len(before) :] == ["record"]
    assert '"recording": "on"' in contact["ivr"], "the flow that ends in this very turn takes nothing of it along"


@pytest.mark.parametrize("said", ["keys", "silence", "done", "failed"])
async def test_a_late_answer_to_another_question_changes_nothing(database: str, said: Any) -> None:
    async with open_board(database) as board:
        walk = await Walk(board).begin(await published(board))
        (first,) = [row for row in await rows(board, ASKED) if row["state"] == "sent"]
        await walk.says("keys", "2")
        before = await rows(board, ARRIVED)
        await walk.tell(c.ReportHeard(walk.provider, first["id"], said, "3"))
        after = await rows(board, ARRIVED)
    assert before == after


async def test_after_our_death_the_caller_is_asked_again_in_the_same_place(database: str) -> None:
    """What was open is told as unknown by whoever looks: it is asked anew, with the version in which the call began."""
    async with open_board(database) as board:
        flow = await published(board)
        walk = await Walk(board).begin(flow)
        await walk.says("keys", "2")
        await we_die(board)
        (open_,) = [row for row in await rows(board, ASKED) if row["state"] == "sent"]
        await board.ask(c.ReportEffects(unknown=(open_["id"],)))
        again = [row for row in await rows(board, ASKED) if row["state"] == "sent"]
        (contact,) = await rows(board, ARRIVED)
    assert len(again) == 1
    assert again[0]["id"] != open_["id"]
    assert '"node": "order"' in contact["ivr"]


@pytest.mark.parametrize(("key", "state"), [("2", "failed"), ("3", "failed"), ("3", "unknown")])
async def test_what_cannot_be_asked_leaves_nobody_in_silence(database: str, key: str, state: str) -> None:
    """No voice, or a message that is nowhere after our death, and no way on in the flow: told so, and let go."""
    async with open_board(database) as board:
        walk = await Walk(board).begin(await published(board))
        await walk.says("keys", key)
        (open_,) = [row for row in await rows(board, ASKED) if row["state"] == "sent"]
        await board.ask(c.ReportEffects(**{state: (open_["id"],)}))
        told = (await rows(board, ASKED))[-1]
        await walk.says("done")
        verbs = await walk.verbs()
    assert "something went wrong" in told["args"]
    assert verbs[-2:] == ["play", "hang_up"]
