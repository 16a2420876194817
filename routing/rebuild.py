"""How does an engine come to know again what it knew? From the records alone."""

from collections.abc import Callable, Mapping

from contacts.records import ConfigKind, Records
from contacts.segment import Segment as SegmentRecord
from contacts.segment import SegmentState as RecordedState
from contacts.stay import Stay, Wishes
from routing import recipe
from routing.board import Board, Segment, SegmentState, named_by, wants_offer
from routing.deadlines import DueKind, due
from routing.line import Queue, Waiting
from routing.messages import DomainPolicy, QueuePolicy
from routing.policy import agent_profile, domain_policy, queue_policy

# To the engine a held conversation is a conversation, and an offer that is being looked at is an offer.
_STATES: Mapping[RecordedState, SegmentState] = {
    "offered": "offered", "preview": "offered", "connecting": "connecting", "talking": "talking", "held": "talking",
    "parked": "parked", "wrap_up": "wrap_up",
}  # fmt: skip
_NO_WISHES = Wishes()


def rebuild(records: Records, new_id: Callable[[], str]) -> Board:
    configured = _configured(records, "domain")
    domain = domain_policy(next(iter(configured.values()))) if configured else DomainPolicy()
    board = Board(new_id, domain, records.domain_id)
    board.now_us = records.last_at_us
    board.choices = str(records.engine_state.get("choices", ""))
    for values in _configured(records, "queue").values():
        board.set_policy(queue_policy(values))
    _find_agents(board, records)
    for stay in records.stays.values():
        _find_stay(board, stay, records)
    for segment_id in sorted(records.segments):
        _find_segment(board, records.segments[segment_id], records)
    _put_in_place(board)
    return board


def _configured(records: Records, kind: ConfigKind) -> dict[str, Mapping[str, object]]:
    return {
        value.subject_id: value.values
        for value in records.config.values()
        if value.kind == kind and value.values is not None
    }


def _find_agents(board: Board, records: Records) -> None:
    for state in records.agents.values():
        board.enlist(state)
    profiles = [agent_profile(values) for values in _configured(records, "agent").values()]
    board.staff.give_profiles([(board.known_agent(profile.agent_id), profile) for profile in profiles])


def _find_stay(board: Board, record: Stay, records: Records) -> None:
    routing = record.routing
    channel = records.contacts[record.contact_id].channel
    line = board.lines.line(_queue(board, record.queue_id), record.requirement, channel, board.staff.groups)
    stay = Waiting(
        record.id, record.contact_id, line, routing.get("value", 0), routing.get("arrival_us", record.queued_us),
        record.place_us, record.queued_us, record.promise_us, record.limit_us,
        None if record.wishes == _NO_WISHES else record.wishes,
    )  # fmt: skip
    stay.overdue = routing.get("overdue", False)
    stay.refusals = routing.get("refusals", 0)
    stay.widened = routing.get("widened", 0)
    board.admit(stay)
    if "pauses" in routing:
        stay.pauses = dict(routing["pauses"])
        for until_us in stay.pauses.values():
            if until_us > records.last_at_us:  # the others were asked again when their pause ended
                board.watch_pause(stay, until_us)


def _find_segment(board: Board, record: SegmentRecord, records: Records) -> None:
    stay = board.stays.get(record.stay_id)
    queue = _queue(board, record.queue_id)
    channel = records.contacts[record.contact_id].channel
    agent = board.known_agent(record.agent_id)
    segment = Segment(record.id, None, agent, queue, channel, record.exclusive, record.manual)
    segment.state, segment.interrupted = _STATES[record.state], record.interrupted
    if stay is not None and segment.state in ("offered", "connecting"):
        segment.stay = stay
        stay.offers = (*stay.offers, segment)
    board.keep(segment)
    kinds: dict[SegmentState, tuple[DueKind, int | None]] = {
        "offered": ("offered", record.expires_us),
        "connecting": ("connecting", record.expires_us),
        "wrap_up": ("wrap_up", record.wrap_up_until_us),
    }
    if segment.state in kinds:
        kind, at_us = kinds[segment.state]
        if at_us is not None:
            board.set_due(segment, due(at_us, kind))


def _put_in_place(board: Board) -> None:
    for agent in board.staff.agents.values():
        board.place_by_hand(agent)
        board.watch_silence(agent)
    for stay in board.stays.values():
        recipe.watch(board, stay)
        for agent_id in named_by(stay):
            board.bar(stay, agent_id)
        if wants_offer(stay) or stay.pauses:
            board.stand(stay)
    # Nobody is new: all could have been given what they could be given before.
    board.shelve()
    board.freed.clear()
    board.returned.clear()
    board.unasked.clear()


def _queue(board: Board, queue_id: str) -> Queue:
    """A queue that is gone takes nobody; who is still served from it is served by the default policy."""
    known = board.lines.queues.get(queue_id)
    return known or board.set_policy(QueuePolicy(queue_id, "", 0, closed=True))
