"""Who serves whom? The routing engine of one domain: one message in, decisions out, no clock, no I/O.

A message is checked first: one that is not possible raises Refusal and changes nothing. Then it is taken, then whatever
can be given is given (match.py). What the engine knows is in board.py; what it says of a decision in explain.py.
"""

from collections.abc import Callable
from typing import Any

from contacts.presence import AgentState
from contacts.records import Records
from contacts.requirement import RequirementError
from contacts.stay import Wishes
from contacts.words import SECOND_US, Channel
from routing import availability, conversation, digest, offers, recipe
from routing.board import Board, Segment
from routing.candidates import first_stay
from routing.configure import configure
from routing.deadlines import due, instant_of, kind_of
from routing.interruption import bring_back
from routing.line import Waiting
from routing.match import match
from routing.messages import (
    Accept,
    Assign,
    Choose,
    ChooseNext,
    ClearFlag,
    ConfigChanged,
    Connected,
    ConnectFailed,
    Consult,
    Decision,
    Decline,
    DomainPolicy,
    End,
    Enqueue,
    Finish,
    Leave,
    Message,
    OfferExtended,
    OutageOver,
    Park,
    Queued,
    Reach,
    Refusal,
    Reprioritise,
    StayOver,
    TakeBack,
    TimePassed,
    Unpark,
)  # fmt: skip
from routing.rebuild import rebuild

_NO_WISHES = Wishes()
_FIRST_DOMAIN = 1


class Engine:
    def __init__(self, new_id: Callable[[], str], domain: DomainPolicy | None = None) -> None:
        self._board = Board(new_id, domain or DomainPolicy(), _FIRST_DOMAIN)

    @classmethod
    def from_records(cls, records: Records, new_id: Callable[[], str]) -> "Engine":
        engine = cls(new_id)
        engine._board = rebuild(records, new_id)
        return engine

    def handle(self, message: Message, now_us: int) -> list[Decision]:
        """Raises Refusal, and then nothing was changed. `now_us` never goes back."""
        board = self._board
        board.now_us = now_us
        told: list[Decision] = []
        board.told = told
        if board.departed:
            board.departed = {}
        _HEARS[type(message)](board, message)
        if board.pauses_over and board.pauses_over[0][0] <= now_us:
            board.end_pauses()
        if board.relieved:
            bring_back(board)
        if board.freed or board.unasked:
            match(board)
        if board.unshelved:
            board.shelve()
        return told

    def next_deadline(self) -> int | None:
        """When to send TimePassed if nothing else happens before."""
        first, pause_us = self._board.deadlines.first(), self._board.first_pause_over()
        due_us = instant_of(first[0]) if first else None
        return min((at_us for at_us in (due_us, pause_us) if at_us is not None), default=None)

    # --- what is to be stored -----------------------------------------------------------------------------------------

    def agent_state(self, agent_id: str) -> AgentState:
        """`set_by` is as it was read at the start: the engine does not learn who chooses."""
        return self._board.staff.agents[agent_id].state(self._board.domain_id)

    def stay_routing(self, stay_id: str) -> dict[str, Any]:
        """Also of a stay that left in the last message."""
        return digest.stay_routing(self._board.stays.get(stay_id) or self._board.departed[stay_id])

    def counters(self) -> dict[str, Any]:
        return digest.counters(self._board)

    def digest(self) -> str:
        return digest.digest(self._board)

    def dump(self) -> dict[str, Any]:
        return digest.dump(self._board)

    # --- questions ----------------------------------------------------------------------------------------------------

    def has_stay(self, stay_id: str) -> bool:
        return stay_id in self._board.stays

    def count_waiting(self) -> int:
        """Stays that wait or are offered."""
        return len(self._board.stays)

    def takes_stays(self, queue_id: str, company_id: str) -> bool:
        queue = self._board.lines.queues.get(queue_id)
        return queue is not None and queue.policy.company_id == company_id and not queue.policy.closed

    def require_at_work(self, agent_id: str, queue_id: str, channel: Channel) -> None:
        """Whether a person may give this agent something of the queue. Raises Refusal; room is not asked."""
        board = self._board
        offers.require_at_work(board, board.agent(agent_id), board.lines.queues[queue_id], channel)

    def load(self, agent_id: str) -> int:
        """In units of capacity."""
        agent = self._board.staff.agents[agent_id]
        return agent.group.room.load(agent.held) if agent.group else 0

    def above_capacity(self) -> list[str]:
        """Agents above their capacity whom neither a person nor a changed capacity has put there: must be empty."""
        return [
            agent.id
            for agent in self._board.staff.agents.values()
            if agent.is_above_capacity and not agent.above_by_hand
        ]

    def idle_with_work(self) -> list[tuple[str, str]]:
        """(agent, stay) that could be given and were not: must be empty. Asked without what the match step knows."""
        board = self._board
        found: list[tuple[str, str]] = []
        for shelf in board.staff.shelves.values():
            for slot in list(shelf.at):
                group = board.staff.groups[slot]
                assert group is not None
                for key in shelf.at[slot]:
                    agent = board.staff.agents[key[1]]
                    for overdue in (True, False):
                        if stay := first_stay(board, agent, overdue):
                            found.append((agent.id, stay.id))
        return found


# --- what each message does -------------------------------------------------------------------------------------------


def _enqueue(board: Board, message: Enqueue) -> None:
    queue = board.lines.queues.get(message.queue_id)
    if queue is None:
        raise Refusal("queue.unknown", 404, "queue_id")
    policy, now_us = queue.policy, board.now_us
    if policy.closed and not message.always:
        raise Refusal("queue.closed", 409, "queue_id")
    if message.stay_id in board.stays:
        raise Refusal("stay.known", 409, "stay_id")
    requirement = policy.requirement if message.requirement is None else message.requirement
    try:
        line = board.lines.line(queue, requirement, message.channel, board.staff.groups)
    except RequirementError as error:
        raise Refusal(error.text_key, 422, "requirement") from None
    arrival_us = now_us if message.arrival_us is None else message.arrival_us
    place_us = recipe.place_us(policy, message.value, arrival_us)
    promise_us, limit_us = now_us + policy.promise_s * SECOND_US, now_us + policy.limit_s * SECOND_US
    stay = Waiting(
        message.stay_id, message.contact_id, line, message.value, arrival_us, place_us, now_us, promise_us, limit_us,
        None if message.wishes == _NO_WISHES else message.wishes,
    )  # fmt: skip
    board.admit(stay)
    board.stand(stay)
    recipe.watch(board, stay)
    board.told.append(Queued(stay.id, policy.version, requirement, place_us, promise_us, limit_us))


def _leave(board: Board, message: Leave) -> None:
    stay = board.stay(message.stay_id)
    offers.withdraw(board, stay.offers, "left")
    board.dismiss(stay)
    board.told.append(StayOver(stay.id, "left", message.end, None))


def _choose(board: Board, message: Choose) -> None:
    availability.choose(board, board.agent(message.agent_id), message)


def _choose_next(board: Board, message: ChooseNext) -> None:
    availability.choose_next(board, board.agent(message.agent_id), message)


def _reach(board: Board, message: Reach) -> None:
    availability.reach(board, board.agent(message.agent_id), message.device, message.up)


def _clear_flag(board: Board, message: ClearFlag) -> None:
    availability.clear_flag(board, board.agent(message.agent_id))


def _own_offer(board: Board, segment_id: str, agent_id: str) -> Segment:
    segment = board.segment(segment_id, "offered")
    if segment.agent.id != agent_id:
        raise Refusal("segment.anothers", 404, "segment_id")
    return segment


def _accept(board: Board, message: Accept) -> None:
    offers.accept(board, _own_offer(board, message.segment_id, message.agent_id), message.within_us)


def _decline(board: Board, message: Decline) -> None:
    offers.let_go(board, _own_offer(board, message.segment_id, message.agent_id), "declined", "declined")


def _connected(board: Board, message: Connected) -> None:
    offers.connected(board, board.segment(message.segment_id, "connecting"))


def _connect_failed(board: Board, message: ConnectFailed) -> None:
    offers.let_go(board, board.segment(message.segment_id, "connecting"), "failed", "provider")


def _assign(board: Board, message: Assign) -> None:
    offers.assign(board, board.stay(message.stay_id), board.agent(message.agent_id), message.always)


def _consult(board: Board, message: Consult) -> None:
    offers.consult(board, board.segment(message.segment_id, "talking"), board.agent(message.agent_id))


def _take_back(board: Board, message: TakeBack) -> None:
    offers.take_back(board, board.segment(message.segment_id, "offered", "connecting"), message.why)


def _reprioritise(board: Board, message: Reprioritise) -> None:
    recipe.give_value(board, board.stay(message.stay_id), message.value)


def _park(board: Board, message: Park) -> None:
    conversation.park(board, board.segment(message.segment_id, "talking"))


def _unpark(board: Board, message: Unpark) -> None:
    conversation.unpark(board, board.segment(message.segment_id, "parked"))


def _end(board: Board, message: End) -> None:
    conversation.end(board, board.segment(message.segment_id, "talking", "parked"))


def _finish(board: Board, message: Finish) -> None:
    conversation.finish(board, board.segment(message.segment_id, "wrap_up"), "agent")


def _time_passed(board: Board, _: TimePassed) -> None:
    """Deadlines that have come, in the order of their instants."""
    while (first := board.deadlines.first()) is not None and instant_of(first[0]) <= board.now_us:
        _take(board, *first)


def _take(board: Board, due: int, subject_id: str) -> None:
    match kind_of(due):
        case "wrap_up":
            conversation.finish(board, board.segments[subject_id], "time_box")
        case "connecting":
            offers.connect_timed_out(board, board.segments[subject_id])
        case "offered":
            offers.expire(board, board.segments[subject_id])
        case "silence":
            conversation.hand_back(board, board.staff.agents[subject_id])
        case "widen":
            recipe.widen(board, board.stays[subject_id])
        case "promise":
            recipe.become_overdue(board, board.stays[subject_id])
        case "limit":
            stay = board.stays[subject_id]
            offers.over(board, stay, "limit", stay.line.queue.policy.last_step)


def _outage_over(board: Board, message: OutageOver) -> None:
    """Nobody could answer while we were away."""
    if message.outage_us <= 0:
        return
    for segment in sorted(board.segments.values(), key=lambda segment: segment.id):
        if segment.state == "offered":
            expires_us = instant_of(segment.due) + message.outage_us
            board.set_due(segment, due(expires_us, "offered"))
            board.told.append(OfferExtended(segment.id, expires_us))


_HEARS: dict[type[Message], Callable[[Board, Any], None]] = {
    ConfigChanged: configure, Enqueue: _enqueue, Leave: _leave, Choose: _choose, ChooseNext: _choose_next,
    Reach: _reach, ClearFlag: _clear_flag, Accept: _accept, Decline: _decline, Connected: _connected,
    ConnectFailed: _connect_failed, Assign: _assign, Consult: _consult, TakeBack: _take_back,
    Reprioritise: _reprioritise, Park: _park, Unpark: _unpark, End: _end, Finish: _finish, TimePassed: _time_passed,
    OutageOver: _outage_over,
}  # fmt: skip
