"""What becomes of an offer: accepted, connected, or over without a conversation?"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from contacts.words import SECOND_US, Channel
from routing.board import Board, Segment, offers_wanted
from routing.capacity import BIT
from routing.deadlines import NEVER, due, instant_of
from routing.interruption import make_room
from routing.line import Queue, Waiting
from routing.messages import Accepted, Consulted, LastStep, Offered, OfferOver, Refusal, StayOver, Talking
from routing.recipe import watch
from routing.staff import Agent

OfferEnd = Literal["declined", "expired", "withdrawn", "failed"]


def offer(board: Board, stay: Waiting, agent: Agent, explanation: Mapping[str, Any] | None) -> None:
    """Without an explanation it is a person's act: one offer, whatever the queue's rounds are."""
    line = stay.line
    manual = explanation is None
    exclusive = manual or offers_wanted(stay) == 1
    segment = Segment(board.new_id(), stay, agent, line.queue, line.channel, exclusive, manual)
    stay.offers = (*stay.offers, segment)
    if not manual and agent.yields & BIT[line.channel]:
        make_room(board, agent, line.channel, segment.id)
    expires_us = _show(board, segment)
    board.offer_made(stay, segment)
    if manual:
        board.place_by_hand(agent)
    else:
        board.reload(agent)
    board.told.append(Offered(segment.id, stay.id, agent.id, expires_us, exclusive, manual, explanation))


def _show(board: Board, segment: Segment) -> int:
    """For a limited time; until when."""
    board.keep(segment)
    timeout_us = max(segment.queue.policy.offer_timeout_s * SECOND_US, board.domain.min_offer_us)
    board.set_due(segment, due(board.now_us + timeout_us, "offered"))
    return board.now_us + timeout_us


def require_at_work(board: Board, agent: Agent, queue: Queue, channel: Channel) -> None:
    """Who is given something by a person is there and may serve the company; room is not asked."""
    if not board.staff.is_logged_in(agent, channel):
        raise Refusal("agent.not_ready", 409, "agent_id")
    _require_granted(agent, queue)


def _require_granted(agent: Agent, queue: Queue) -> None:
    if agent.group is None or queue.policy.company_id not in agent.group.company_ids:
        raise Refusal("agent.not_granted", 403, "agent_id")


def consult(board: Board, segment: Segment, agent: Agent) -> None:
    """A colleague is asked directly: one offer to one agent, and no stay that it could return to."""
    if agent is segment.agent:
        raise Refusal("agent.oneself", 409, "agent_id")
    require_at_work(board, agent, segment.queue, segment.channel)
    asked = Segment(board.new_id(), None, agent, segment.queue, segment.channel, True, True)
    expires_us = _show(board, asked)
    board.place_by_hand(agent)
    board.told.append(Consulted(asked.id, segment.id, agent.id, expires_us))


def assign(board: Board, stay: Waiting, agent: Agent, always: bool = False) -> None:
    if always:
        _require_granted(agent, stay.line.queue)
    else:
        require_at_work(board, agent, stay.line.queue, stay.line.channel)
    if any(each.state != "offered" or each.agent is agent for each in stay.offers):
        raise Refusal("offer.taken", 409, "stay_id")
    withdraw(board, stay.offers, "moved")
    offer(board, stay, agent, explanation=None)


def accept(board: Board, segment: Segment, within_us: int | None = None) -> None:
    """Accepting reserves the agent; connected is only what the provider reports."""
    stay = segment.stay
    by_us = board.now_us + (board.domain.connect_timeout_us if within_us is None else within_us)
    segment.state = "connecting"
    board.set_due(segment, due(by_us, "connecting"))
    board.told.append(Accepted(segment.id, by_us))
    if stay is None:
        return
    withdraw(board, [each for each in stay.offers if each is not segment], "taken")
    if stay.in_line:
        board.step_out(stay)
    if instant_of(stay.due) == stay.limit_us:
        watch(board, stay)  # the limit waits for the outcome


def connected(board: Board, segment: Segment) -> None:
    stay = segment.stay
    segment.state, segment.stay = "talking", None
    board.set_due(segment, NEVER)
    if stay is not None:
        board.dismiss(stay)
        stay.offers = ()
    board.told.append(Talking(segment.id, stay.id if stay else None))
    if segment.queue.interrupters:
        board.reload(segment.agent)  # it may be interrupted now
    if segment.agent.desk_silent_us is not None:
        board.watch_silence(segment.agent)


def let_go(board: Board, segment: Segment, end: OfferEnd, why: str) -> None:
    """The offer came to nothing because of the agent: a pause for the agent, the old place for the stay."""
    stay, policy = segment.stay, segment.queue.policy
    if stay is not None:
        stay.refusals += 1
        _pause(board, segment)
    end_offer(board, segment, end, why)
    if stay is not None and stay.refusals >= policy.max_offers:
        over(board, stay, "unwanted", policy.unwanted_step)


def _pause(board: Board, segment: Segment) -> None:
    if segment.stay is not None:
        pause_us = segment.queue.policy.reoffer_pause_s * SECOND_US
        board.pause(segment.stay, segment.agent, board.now_us + pause_us)


def take_back(board: Board, segment: Segment, why: str) -> None:
    """Not held against the agent; but for a while somebody else is asked, else the act would have no effect."""
    _pause(board, segment)
    end_offer(board, segment, "withdrawn", why)


def expire(board: Board, segment: Segment) -> None:
    let_go(board, segment, "expired", "timeout")
    if not segment.agent.not_responding:
        segment.agent.not_responding = True
        board.changed(segment.agent, "flagged")


def connect_timed_out(board: Board, segment: Segment) -> None:
    """No report in time: the phone is taken for dead until it registers again."""
    agent = segment.agent
    let_go(board, segment, "failed", "connect_timeout")
    if segment.channel == "phone" and agent.phone_reachable:
        agent.phone_reachable = False
        board.changed(agent, "unreachable")
        withdraw_unreachable(board, agent)


def withdraw(board: Board, segments: Iterable[Segment], why: str) -> None:
    """Not held against the agent."""
    for segment in list(segments):
        end_offer(board, segment, "withdrawn", why)


def withdraw_unreachable(board: Board, agent: Agent) -> None:
    withdraw(board, [each for each in offers_to(agent) if not agent.is_reachable(each.channel)], "unreachable")


def offers_to(agent: Agent) -> list[Segment]:
    return [segment for segment in agent.segments.values() if segment.state == "offered"]


def end_offer(board: Board, segment: Segment, end: OfferEnd, why: str) -> None:
    """The stay, if there is one, waits again at its old place."""
    stay, agent = segment.stay, segment.agent
    board.told.append(OfferOver(segment.id, stay.id if stay else None, agent.id, end, why))
    board.forget(segment)
    if stay is not None:
        _wait_again(board, stay, segment)
    board.reload(agent)
    board.take_next_chosen(agent)


def _wait_again(board: Board, stay: Waiting, segment: Segment) -> None:
    stay.offers = tuple(each for each in stay.offers if each is not segment)
    if not segment.exclusive:
        board.bar(stay, segment.agent.id)
    board.stand(stay)
    if segment.state == "connecting":
        watch(board, stay)


def over(board: Board, stay: Waiting, why: Literal["limit", "unwanted"], step: LastStep) -> None:
    """The recipe's last step runs; nobody is asked any more."""
    withdraw(board, stay.offers, "moved")
    board.dismiss(stay)
    board.told.append(StayOver(stay.id, why, None, step))
