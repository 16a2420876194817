"""Which conversations make room for something more urgent, and when do they return?

A written conversation may be interrupted by the channels that its queue names: it is parked, costs nothing, and returns
by itself before anything new is given to the agent. The last begun are interrupted first and only as many as needed;
the first begun return first, each as soon as it fits. What a person parked returns only by a person.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from contacts.words import WRITTEN, Channel
from routing.capacity import BIT, ONE
from routing.messages import Parked, Unparked

if TYPE_CHECKING:
    from routing.board import Board, Segment
    from routing.staff import Agent


def yields(agent: "Agent") -> int:
    """Bits of the channels for which there is room once conversations are interrupted."""
    if agent.group is None:
        return 0
    room, talks, found = agent.group.room, list(_interruptible(agent)), 0
    for bit in BIT.values() if talks else ():
        costs = [ONE[talk.channel] for talk in talks if talk.queue.interrupters & bit]
        if costs:
            found |= room.open(agent.held - sum(costs)) & bit
    return found


def make_room(board: "Board", agent: "Agent", channel: Channel, for_segment_id: str) -> None:
    """The agent yields for this channel. Their load is not yet reassessed."""
    assert agent.group is not None
    for talk in list(_interruptible(agent)):
        if agent.group.room.open(agent.held) & BIT[channel]:
            return
        if talk.queue.interrupters & BIT[channel]:
            talk.state, talk.interrupted = "parked", True
            agent.interrupted += 1
            agent.held -= ONE[talk.channel]
            board.told.append(Parked(talk.id, for_segment_id))


def bring_back(board: "Board") -> None:
    """To everybody whose load or capacity has changed, in the order of their ids, whatever fits again."""
    for agent_id in sorted(board.relieved):
        _bring_back(board, board.relieved[agent_id])
    board.relieved.clear()


def _bring_back(board: "Board", agent: "Agent") -> None:
    for segment in list(agent.segments.values()):
        if agent.group is None or not agent.interrupted:
            return
        if (
            not segment.interrupted
            or segment.handed_back
            or not agent.group.room.open(agent.held) & BIT[segment.channel]
        ):
            continue
        talk_again(segment)
        board.told.append(Unparked(segment.id, returned=True))
        board.reload(agent)


def talk_again(segment: "Segment") -> None:
    """A parked conversation costs again; the load is not yet reassessed."""
    agent = segment.agent
    segment.state = "talking"
    agent.held += ONE[segment.channel]
    settle(segment)


def settle(segment: "Segment") -> None:
    """It does not return by itself any more."""
    segment.agent.interrupted -= segment.interrupted
    segment.interrupted = False


def _interruptible(agent: "Agent") -> Iterator["Segment"]:
    """The last begun first. Never a call, whatever its queue says."""
    for segment in reversed(agent.segments.values()):
        if segment.state == "talking" and segment.channel in WRITTEN and segment.queue.interrupters:
            yield segment
