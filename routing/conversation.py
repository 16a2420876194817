"""What becomes of a conversation: laid aside, ended, wrapped up, handed back?"""

from typing import Literal

from contacts.words import SECOND_US, WRITTEN
from routing.board import Board, Segment, is_written_talk
from routing.capacity import ONE
from routing.deadlines import NEVER, due
from routing.interruption import settle, talk_again
from routing.messages import AgentChanged, Finished, HandedBack, Parked, Refusal, Unparked, WrapUpStarted
from routing.staff import Agent


def park(board: Board, segment: Segment) -> None:
    """Laid aside it costs nothing."""
    if segment.channel not in WRITTEN:
        raise Refusal("segment.not_written", 409, "segment_id")
    segment.state = "parked"
    segment.agent.held -= ONE[segment.channel]
    board.told.append(Parked(segment.id))
    board.reload(segment.agent)


def unpark(board: Board, segment: Segment) -> None:
    """By a person, also above capacity; nothing new comes until there is room again."""
    talk_again(segment)
    board.told.append(Unparked(segment.id))
    board.place_by_hand(segment.agent)


def end(board: Board, segment: Segment) -> None:
    """Wrapping up costs what the conversation did; a parked one begins to cost again."""
    wrap_up_s = segment.queue.policy.wrap_up_s
    if wrap_up_s == 0:
        finish(board, segment, "none")
        return
    agent, was_parked = segment.agent, segment.state == "parked"
    until_us = None if wrap_up_s is None else board.now_us + wrap_up_s * SECOND_US
    segment.state = "wrap_up"
    board.set_due(segment, NEVER if until_us is None else due(until_us, "wrap_up"))
    board.told.append(WrapUpStarted(segment.id, until_us))
    if was_parked:
        settle(segment)
        agent.held += ONE[segment.channel]
        board.place_by_hand(agent)
    elif segment.queue.interrupters:
        board.reload(agent)  # it cannot be interrupted any more
    if agent.desk_silent_us is not None:
        board.watch_silence(agent)


def finish(board: Board, segment: Segment, why: Literal["agent", "time_box", "none"]) -> None:
    agent = segment.agent
    board.told.append(Finished(segment.id, agent.id, why))
    board.forget(segment)
    agent.last_ended_us = board.now_us
    board.told.append(AgentChanged(agent.id, "served"))
    board.reload(agent)
    board.take_next_chosen(agent)
    if agent.desk_silent_us is not None:
        board.watch_silence(agent)


def hand_back(board: Board, agent: Agent) -> None:
    """The desk was silent too long. The journey ends these segments in the same turn and queues their contacts anew."""
    for segment in [each for each in agent.segments.values() if is_written_talk(each)]:
        segment.handed_back = True
        board.told.append(HandedBack(segment.id, agent.id))
    board.watch_silence(agent)
