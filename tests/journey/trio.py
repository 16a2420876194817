"""A customer, a first agent and a second one: how a story with three parties is told."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from app import commands as c
from contacts.effect import ARI
from contacts.leg import Leg
from contacts.segment import Segment
from tests.journey.board import Board, open_board
from tests.journey.story import Call, Told, rows, tell, we_die

ASKED_FOR = {"Held": "hold", "Retrieved": "retrieve"}


@dataclass(slots=True)
class Trio:
    """`one` and `two` are numbers of agents; a third is there as well."""

    board: Board
    call: Call
    other_queue: str

    @property
    def contact_id(self) -> str:
        return self.call.contact_id

    def agent(self, number: int) -> str:
        return self.board.centre.agent_ids[number]

    def segment(self, number: int) -> Segment:
        """The agent's latest live segment of the contact."""
        house = self.board.switchboard.house
        assert house is not None
        return [s for s in house.segments(self.contact_id) if s.agent_id == self.agent(number)][-1]

    def leg(self, number: int | None) -> Leg:
        """The latest wire of the agent, None = of the customer, that is not down."""
        house = self.board.switchboard.house
        assert house is not None
        agent_id = None if number is None else self.agent(number)
        return [leg for leg in house.legs(self.contact_id) if leg.agent_id == agent_id and leg.role != "outside"][-1]

    async def do(self, number: int, what: Any) -> c.Reply:
        return await self.board.act(what, self.segment(number).id, self.agent(number))

    async def consult(self, number: int, colleague: int) -> c.Reply:
        command = c.ConsultAgent(self.segment(number).id, self.agent(number), self.agent(colleague))
        return await self.board.ask(command, actor=f"user:{self.agent(number)}")

    async def to_queue(self, number: int) -> c.Reply:
        return await self.board.ask(c.TransferToQueue(self.segment(number).id, self.agent(number), self.other_queue))

    async def to_agent(self, number: int, colleague: int, keep: bool = False) -> c.Reply:
        segment = self.segment(number)
        return await self.board.ask(c.TransferToAgent(segment.id, segment.agent_id, self.agent(colleague), keep))

    async def hears(self, number: int | None, event: str) -> c.Reply:
        """The provider reports this of the wire; it holds and retrieves only if it was asked last."""
        if verb := ASKED_FOR.get(event):
            role = self.leg(number).role
            asked = [each for each in (await self.tell()).asked if each in (f"hold {role}", f"retrieve {role}")]
            assert asked[-1:] == [f"{verb} {role}"]
        return await self.call.report((self.leg(number).provider_ref, event))

    async def picks_up(self, number: int) -> None:
        """From the offer to the conversation: accepted on the desk, reported by the provider."""
        await self.do(number, "accept")
        await self.call.report((self.leg(number).provider_ref, "Established"), (self.call.ref, "Established"))

    async def is_asked(self, number: int, by: int = 0) -> None:
        """The customer is held, and the colleague who is asked talks."""
        await self.consult(by, number)
        await self.hears(None, "Held")
        await self.do(number, "accept")
        await self.hears(number, "Established")

    async def is_back_with_the_customer(self, by: int = 0, colleague: int = 1) -> None:
        """The colleague waits aside."""
        await self.do(by, "swap")
        await self.hears(colleague, "Held")
        await self.hears(None, "Retrieved")

    async def we_die(self) -> None:
        await we_die(self.board)

    async def other_call(self) -> Call:
        """Of another customer, to agent 1, who takes it."""
        other = await Call(self.board).arrive()
        await other.act("accept")
        await other.both("Established")
        return other

    async def effect_fails(self, kind: str) -> None:
        """The provider says that it could not carry out the last of this kind."""
        house = self.board.switchboard.house
        assert house is not None
        last = [effect for effect in house.effects(self.contact_id) if effect.kind == kind][-1]
        await self.board.ask(c.ReportEffects(failed=(last.id,)))

    async def tell(self) -> Told:
        return await tell(self.board, self.contact_id)

    async def parts(self) -> list[tuple[int, str, str]]:
        """(agent, role, state) of every segment so far, the oldest first."""
        found = await rows(
            self.board, "SELECT agent_id::text, role, state FROM segment WHERE contact_id = $1 ORDER BY id",
            self.contact_id,
        )  # fmt: skip
        number = self.board.centre.agent_ids.index
        return [(number(row["agent_id"]), row["role"], row["state"]) for row in found]

    async def everybody_hangs_up(self) -> None:
        """Every wire goes down, and who wraps up finishes; whoever is asked in the meantime has gone home."""
        house = self.board.switchboard.house
        assert house is not None
        while legs := house.legs(self.contact_id):
            await self.call.report((legs[0].provider_ref, "ConnectionCleared"))
        for segment in house.segments(self.contact_id):
            await self.board.act("finish", segment.id, segment.agent_id)


@contextlib.asynccontextmanager
async def trio(database: str, state: str = "talking", *, over_ari: bool = False, **config: Any) -> AsyncIterator[Trio]:
    """The customer and agent 0 are in this state; agents 1 and 2 have come since. `over_ari`: as on an Asterisk."""
    async with open_board(database, more_queues=1, config=config) as board:
        if over_ari:
            board.provider = f"{ARI}{board.provider}"
        await board.seat(board.centre.agent_ids[0])
        call = await Call(board).until(state)
        for number in (1, 2):
            await board.seat(board.centre.agent_ids[number])
        yield Trio(board, call, board.centre.queue_ids[-1])
