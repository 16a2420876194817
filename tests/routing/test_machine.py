"""Does the engine keep its promises whatever is done to it, in whatever order?

The model is a ledger of what went in and what came out: an outsider's view. Nothing here looks into the engine but
through what it tells the turn (the states to be stored), and the engine rebuilt from what was stored must be the same.
"""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from contacts.words import CHANNELS, SECOND_US, WRITTEN
from routing import messages as m
from routing.engine import Engine
from tests.routing.ledger import Ledger, Piece
from tests.routing.scene import as_the_journey_does, kind_of, numbered
from tests.routing.stored import Stored
from tests.routing.strategies import (
    ACTS,
    AGENTS,
    QUEUES,
    UNUSUAL,
    Work,
    agents,
    arrivals,
    domains,
    profiles,
    queue_policies,
    seconds,
    work,
)  # fmt: skip

START_US = 1_795_000_000 * SECOND_US
FOR_EVER_S = 100_000


def one_of(things: list[Any], number: int) -> Any:
    return things[number % len(things)] if things else None


class Centre(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_us = START_US
        self.ids = numbered("segment")
        self.engine = Engine(self.ids)
        self.digest = self.engine.digest()
        self.ledger = Ledger()
        self.seq = count(1)
        self.stays = count(1)
        self.stored = Stored()

    # --- saying something, and holding the answer against the promises ------------------------------------------------

    def say(self, message: m.Message) -> None:
        """A turn: the message, and what the journey says at once because of the answer."""
        decisions = self.hear_answer(message)
        if decisions is None:
            assert self.engine.digest() == self.digest, "a refusal changed something"
            return
        for reaction in as_the_journey_does(decisions):
            self.hear_answer(reaction)
        self.digest = self.engine.digest()
        self.the_engine_rebuilt_from_what_is_stored_is_the_same()

    def hear_answer(self, message: m.Message) -> list[m.Decision] | None:
        try:
            decisions = self.engine.handle(message, self.now_us)
        except m.Refusal:
            return None
        self.stored.keep(message)
        self.ledger.note_input(message, self.now_us)
        for decision in decisions:
            self.hold_against_promises(message, decision)
            self.ledger.note(message, decision, self.now_us)
        if isinstance(message, m.TimePassed):
            self.no_deadline_was_forgotten()
        return decisions

    def no_deadline_was_forgotten(self) -> None:
        due_us = self.engine.next_deadline()
        assert due_us is None or due_us > self.now_us
        for wait in self.ledger.waits.values():
            assert wait.overdue == (wait.promise_us <= self.now_us)
            is_connecting = any(piece.state == "connecting" for piece in self.pieces_of(wait.stay_id))
            assert wait.limit_us > self.now_us or is_connecting, "a limit passed without an action"

    def hold_against_promises(self, message: m.Message, decision: Any) -> None:
        ledger = self.ledger
        match kind_of(decision):
            case "Offered":
                self.hold_offer_against_promises(decision)
            case "Accepted":
                piece = ledger.pieces[decision.segment_id]
                stay_id = piece.stay_id
                assert isinstance(message, m.Accept)
                assert piece.role == "consult" or not ledger.accepted.get(stay_id), "two agents accepted one contact"
            case "Consulted":
                asker = ledger.pieces[decision.of_segment_id]
                assert asker.state == "talking", "only who talks asks"
                assert asker.agent_id != decision.agent_id
            case "Talking":
                assert isinstance(message, m.Connected), "connected is only what is reported"
            case "OfferOver":
                assert ledger.pieces[decision.segment_id].state in ("offered", "connecting")
            case "StayOver":
                held = [piece for piece in ledger.pieces.values() if piece.stay_id == decision.stay_id]
                assert not held, "a stay ended under a live offer"
                assert decision.why != "limit" or self.now_us >= ledger.waits[decision.stay_id].limit_us
            case "Parked" if decision.interrupted_by is not None:
                piece = ledger.pieces[decision.segment_id]
                assert (piece.state, piece.channel in WRITTEN) == ("talking", True), "a call was interrupted"
            case "Unparked" if decision.returned:
                piece = ledger.pieces[decision.segment_id]
                assert piece.interrupted_by is not None, "what a person parked returned by itself"
                assert self.has_room(piece.agent_id, piece.channel)
            case "Overdue":
                assert self.now_us >= ledger.waits[decision.stay_id].promise_us

    def hold_offer_against_promises(self, offer: Any) -> None:
        ledger = self.ledger
        wait, live = ledger.waits[offer.stay_id], self.pieces_of(offer.stay_id)
        profile, queue = ledger.profiles[offer.agent_id], ledger.queues[wait.queue_id]
        assert offer.expires_us > self.now_us
        assert all(piece.state == "offered" for piece in live), "offered although accepted"
        assert offer.agent_id not in [piece.agent_id for piece in live]
        assert queue.company_id in profile.company_ids, "companies were mixed"
        if offer.manual:
            return
        assert ledger.is_there(offer.agent_id, wait.channel)
        assert offer.agent_id not in wait.excluded
        assert wait.only in (None, offer.agent_id)
        assert self.has_room(offer.agent_id, wait.channel), "more work than capacity"
        for piece in ledger.pieces.values():
            if piece.interrupted_by == offer.segment_id:
                assert piece.agent_id == offer.agent_id
                assert wait.channel in ledger.queues[piece.queue_id].interrupted_by, "interrupted by what may not"
        assert not any(piece.exclusive for piece in live)
        assert len(live) < (queue.offers_at_once if wait.channel in WRITTEN else 1)

    def has_room(self, agent_id: str, channel: Any) -> bool:
        capacity = self.ledger.profiles[agent_id].capacity
        return self.ledger.load(agent_id) + capacity.costs[channel] <= capacity.units

    def pieces_of(self, stay_id: str) -> list[Piece]:
        return [piece for piece in self.ledger.pieces.values() if piece.stay_id == stay_id]

    # --- configuration ------------------------------------------------------------------------------------------------

    @initialize(data=st.data())
    def open_the_doors(self, data: st.DataObject) -> None:
        queues = tuple(data.draw(queue_policies(queue_id)) for queue_id in QUEUES)
        self.say(m.ConfigChanged(next(self.seq), data.draw(domains), queues))
        for agent_id in AGENTS:
            self.say(m.ConfigChanged(next(self.seq), agents=(data.draw(profiles(agent_id)),)))
            self.say(m.Reach(agent_id, "desk", True))
            self.say(m.Reach(agent_id, "phone", True))
            self.say(m.Choose(agent_id, "ready"))

    @rule(data=st.data(), what=st.sampled_from(UNUSUAL), agent_id=agents, done=work)
    def something_unusual_happens(self, data: st.DataObject, what: str, agent_id: str, done: Work) -> None:
        self.work_goes_on(done)
        seq = next(self.seq)
        match what:
            case "queue":
                queue_id = data.draw(st.sampled_from(QUEUES))
                self.say(m.ConfigChanged(seq, queues=(data.draw(queue_policies(queue_id)),)))
            case "agent":
                self.say(m.ConfigChanged(seq, agents=(data.draw(profiles(agent_id)),)))
            case "domain":
                self.say(m.ConfigChanged(seq, data.draw(domains)))
            case "gone":
                self.say(m.ConfigChanged(seq, gone_agent_ids=(agent_id,)))
            case "stale":
                self.something_stale_is_said(agent_id, data.draw(st.integers(0, 9)))
            case "outage":
                outage_us = data.draw(st.sampled_from([0, 1, 30])) * SECOND_US
                self.now_us += outage_us
                self.say(m.OutageOver(outage_us))
                self.say(m.TimePassed())

    # --- customers ----------------------------------------------------------------------------------------------------

    @rule(coming=st.lists(arrivals, min_size=1, max_size=4), done=work)
    def some_arrive(self, coming: list[dict[str, Any]], done: Work) -> None:
        self.work_goes_on(done)
        for arrival in coming:
            number = next(self.stays)
            earlier_s = arrival["earlier_s"]
            self.say(
                m.Enqueue(
                    f"stay-{number:04}", f"contact-{number:04}", arrival["channel"], arrival["queue_id"],
                    arrival["value"], None if earlier_s is None else self.now_us - earlier_s * SECOND_US,
                    arrival["requirement"], arrival["wish"],
                )
            )  # fmt: skip

    # --- agents -------------------------------------------------------------------------------------------------------

    @rule(data=st.data(), agent_id=agents, act=st.sampled_from(["choose", "next", "reach", "reach", "all"]), done=work)
    def somebody_comes_or_goes(self, data: st.DataObject, agent_id: str, act: str, done: Work) -> None:
        self.work_goes_on(done)
        chosen: Any = data.draw(st.sampled_from(["ready", "away", "offline"]))
        reason = "lunch" if chosen == "away" else None
        match act:
            case "choose":
                self.say(m.Choose(agent_id, chosen, reason))
            case "next":
                self.say(m.ChooseNext(agent_id, data.draw(st.sampled_from([None, chosen, chosen])), reason))
            case "all":
                self.everybody_is_there()
            case "reach":
                device: Any = data.draw(st.sampled_from(["desk", "phone"]))
                self.say(m.Reach(agent_id, device, data.draw(st.booleans())))

    def everybody_is_there(self) -> None:
        for agent_id in AGENTS:
            self.say(m.Reach(agent_id, "desk", True))
            self.say(m.Reach(agent_id, "phone", True))
            self.say(m.ClearFlag(agent_id))
            self.say(m.Choose(agent_id, "ready"))

    def work_goes_on(self, done: Work) -> None:
        for act, number in done:
            message = self.act(act, number)
            self.say(message or self.somebody(number))

    def somebody(self, number: int) -> m.Message:
        name = next(self.stays)
        return m.Enqueue(f"stay-{name:04}", f"contact-{name:04}", CHANNELS[number % 3], QUEUES[number % 2])

    def act(self, act: str, number: int) -> m.Message | None:
        """The act on one of those on which it is possible, or None: then somebody arrives."""
        if act in ("leave", "assign", "emergency", "raise"):
            stay_id = one_of(sorted(self.ledger.waits), number)
            return self.act_on_wait(act, stay_id, number) if stay_id else None
        piece = one_of(self.ledger.in_state(ACTS[act]), number)
        if piece is None:
            return None
        id_ = piece.segment_id
        messages: dict[str, m.Message] = {
            "accept": m.Accept(id_, piece.agent_id), "decline": m.Decline(id_, piece.agent_id),
            "connected": m.Connected(id_), "failed": m.ConnectFailed(id_), "park": m.Park(id_), "end": m.End(id_),
            "unpark": m.Unpark(id_), "put_away": m.End(id_), "finish": m.Finish(id_), "take_back": m.TakeBack(id_),
            "consult": m.Consult(id_, AGENTS[number % len(AGENTS)]), "take_from": m.TakeBack(id_),
        }  # fmt: skip
        return messages[act]

    def act_on_wait(self, act: str, stay_id: str, number: int) -> m.Message:
        match act:
            case "leave":
                return m.Leave(stay_id, "abandoned")
            case "assign":
                return m.Assign(stay_id, AGENTS[number % len(AGENTS)])
            case "emergency":
                return m.Assign(stay_id, AGENTS[number % len(AGENTS)], always=True)
            case _:
                return m.Reprioritise(stay_id, number * 10)

    def something_stale_is_said(self, agent_id: str, number: int) -> None:
        segment_id = one_of([*self.ledger.over, "segment-none"], number) or "segment-none"
        stale = [act(segment_id) for act in (m.Connected, m.ConnectFailed, m.Park, m.Unpark, m.End, m.Finish)]
        for message in (*stale, m.Accept(segment_id, agent_id), m.Leave("stay-none", "cleared")):
            with pytest.raises(m.Refusal):
                self.engine.handle(message, self.now_us)

    # --- time ---------------------------------------------------------------------------------------------------------

    @rule(wait_s=seconds, prompt=st.booleans(), done=work)
    def time_passes(self, wait_s: int | None, prompt: bool, done: Work) -> None:
        """To the next deadline, or so long; promptly each at its instant, or else all of them late and at once."""
        self.work_goes_on(done)
        due_us = self.engine.next_deadline() or self.now_us
        target_us = max(due_us, self.now_us) if wait_s is None else self.now_us + wait_s * SECOND_US
        self.pass_time(target_us, prompt)

    def pass_time(self, target_us: int, prompt: bool) -> None:
        while prompt and (due_us := self.engine.next_deadline()) is not None and due_us <= target_us:
            self.now_us = max(self.now_us, due_us)
            self.say(m.TimePassed())
        self.now_us = target_us
        self.say(m.TimePassed())

    # --- what holds at any time ---------------------------------------------------------------------------------------

    @invariant()
    def every_stay_is_waiting_offered_or_over(self) -> None:
        for piece in self.ledger.pieces.values():
            is_before_talk = piece.state in ("offered", "connecting") and piece.role == "primary"
            assert (piece.stay_id in self.ledger.waits) == is_before_talk

    @invariant()
    def nobody_is_idle_who_could_serve_somebody(self) -> None:
        assert self.engine.idle_with_work() == []

    @invariant()
    def nobody_is_above_capacity_by_our_doing(self) -> None:
        assert self.engine.above_capacity() == []

    @invariant()
    def what_was_interrupted_returns_as_soon_as_there_is_room(self) -> None:
        for piece in self.ledger.pieces.values():
            if piece.interrupted_by is not None and piece.agent_id in self.ledger.profiles:
                assert not self.has_room(piece.agent_id, piece.channel)

    @invariant()
    def load_is_what_was_given(self) -> None:
        for agent_id in self.ledger.profiles:
            assert self.engine.load(agent_id) == self.ledger.load(agent_id)

    @invariant()
    def nobody_chooses_for_an_agent(self) -> None:
        for agent_id, known in self.ledger.agents.items():
            state = self.engine.agent_state(agent_id)
            told = (state.chosen, state.reason, state.not_responding, state.desk_reachable, state.phone_reachable)
            assert told == (
                known.chosen, known.reason, known.not_responding, known.desk_reachable, known.phone_reachable,
            )  # fmt: skip

    def the_engine_rebuilt_from_what_is_stored_is_the_same(self) -> None:
        rebuilt = Engine.from_records(self.stored.records(self.engine, self.ledger, self.now_us), self.ids)
        if rebuilt.digest() != self.digest:
            assert rebuilt.dump() == self.engine.dump()
            raise AssertionError("the digests differ and the dumps do not")
        assert rebuilt.next_deadline() == self.engine.next_deadline()

    # --- what holds in the end ----------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Nobody does anything any more: every offer ends, every wait ends, nobody is left without an action."""
        if not self.ledger.agents:
            return
        self.pass_time(self.now_us + FOR_EVER_S * SECOND_US, prompt=True)

        assert self.ledger.waits == {}
        assert {piece.state for piece in self.ledger.pieces.values()} <= {"talking", "parked", "wrap_up"}


USUAL = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


def test_whatever_is_done_to_it_the_engine_keeps_its_promises() -> None:
    """The same examples every time: whoever runs the tests is not the one to be surprised."""
    run_state_machine_as_test(
        Centre, settings=settings(USUAL, max_examples=20, stateful_step_count=30, derandomize=True, database=None)
    )


@pytest.mark.soak
@pytest.mark.parametrize("part", range(8))
def test_whatever_is_done_to_it_for_long_the_engine_keeps_its_promises(part: int) -> None:
    """Other examples every time, and in each part: a failure prints what to do to see it again."""
    run_state_machine_as_test(Centre, settings=settings(USUAL, max_examples=40, stateful_step_count=80, database=None))
