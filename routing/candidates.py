"""Which agents may be given this stay, and which stays may be given to this agent, the best first?"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush, heapreplace, merge
from itertools import islice
from typing import Any

from routing.board import Board
from routing.capacity import BIT
from routing.explain import Row
from routing.line import Line, Waiting
from routing.ranking import Key, Ranking
from routing.staff import Agent

# --- agents for a stay ------------------------------------------------------------------------------------------------


def agents_for(board: Board, stay: Waiting, at_most: int) -> list[Row]:
    """(surplus, idle_us, agent id) of those who may be given this stay now, the best first."""
    line, staff = stay.line, board.staff
    shelves = staff.with_room(line.channel)
    free = 0
    for shelf in shelves:
        free |= shelf.mask
    free &= line.fit.able
    if not free:
        return []
    asked_for = _asked_for(board, stay)
    wishes = stay.wishes
    if wishes is not None and wishes.only_agent_id is not None:
        return asked_for
    is_restricted = stay.id in board.restricted
    found = asked_for
    first_id = found[0][-1] if found else None
    for surplus, mask in _classes(line):
        hits = mask & free
        if not hits:
            continue
        keys = shelves[0].in_order(hits) if len(shelves) == 1 else merge(*[each.in_order(hits) for each in shelves])
        for idle_us, agent_id, _, _ in keys:
            if agent_id == first_id or (is_restricted and not may_go(board, stay, staff.agents[agent_id])):
                continue
            found.append((surplus, idle_us, agent_id))
            if len(found) == at_most:
                return found
    return found


def _classes(line: Line) -> list[tuple[int, int]]:
    """Masks of the able groups in the order in which they are asked."""
    match line.queue.policy.agent_order:
        case "least_surplus":
            return line.fit.classes
        case "most_skilled":
            return line.fit.classes[::-1]
        case "longest_idle":
            return [(0, line.fit.able)]


def _asked_for(board: Board, stay: Waiting) -> list[Row]:
    """The agent whom the stay names, if they may be given it now."""
    wishes, fit = stay.wishes, stay.line.fit
    agent_id = wishes and (wishes.only_agent_id or wishes.preferred_agent_id)
    agent = board.staff.agents.get(agent_id) if agent_id else None
    if agent is None or agent.group is None or not agent.open & BIT[stay.line.channel]:
        return []
    if not fit.able & agent.group.flag or not may_go(board, stay, agent):
        return []
    return [(fit.surplus_of(agent.group.flag), agent.idle_us, agent.id)]


def may_go(board: Board, stay: Waiting, agent: Agent) -> bool:
    """Whether nothing between this stay and this agent forbids it. Ability and room are asked elsewhere."""
    wishes = stay.wishes
    if wishes is not None and (agent.id in wishes.excluded_agent_ids or wishes.only_agent_id not in (None, agent.id)):
        return False
    if any(offer.agent is agent for offer in stay.offers):
        return False
    until_us = stay.pauses.get(agent.id, 0) if stay.pauses else 0
    return until_us <= board.now_us or not is_anybody_else_there(board, stay, agent)


def is_anybody_else_there(board: Board, stay: Waiting, agent: Agent) -> bool:
    """Is anybody else logged in who could ever take it? Neither flag nor room nor pause are asked."""
    line, staff, wishes = stay.line, board.staff, stay.wishes
    if wishes is not None and wishes.only_agent_id is not None:
        return False
    not_else = {agent.id, *(wishes.excluded_agent_ids if wishes else ())}
    there = line.fit.able & staff.logged_in_groups(line.channel)
    if there.bit_count() > len(not_else):
        return True
    count = staff.count_logged_in(there, line.channel)
    for agent_id in not_else:
        other = staff.agents.get(agent_id)
        if other is not None and other.group is not None and other.group.flag & there:
            count -= staff.is_logged_in(other, line.channel)
    return count > 0


def is_in_sight(board: Board, stay: Waiting) -> bool:
    """Whether the stay is its line's head or within the look-ahead behind it."""
    order = stay.line.overdue if stay.overdue else stay.line.ordinary
    ahead = board.domain.look_ahead
    if order.size <= ahead:
        return True
    last = order.nth(ahead)
    return last is None or stay.key <= last


# --- stays for an agent -----------------------------------------------------------------------------------------------


def first_stay(board: Board, agent: Agent, overdue: bool) -> Waiting | None:
    rows = stays_for(board, agent, overdue, 1)
    return board.stays[rows[0][-1]] if rows else None


def stays_for(board: Board, agent: Agent, overdue: bool, at_most: int) -> list[Row]:
    """(rate, key…, stay id) of those who may be given to this agent now, the first first: of each line one."""
    if agent.group is None or not agent.open:
        return []
    lines = agent.group.lines & board.lines.on_channels(agent.open)
    by_rate = board.lines.overdue_heads if overdue else board.lines.heads
    found = [(rate, _permitted(board, agent, heads, lines)) for rate, heads in by_rate.items() if heads.mask & lines]
    if not found:
        return []
    if len(found) == 1:
        rate, keys = found[0]
        return [(rate, *key[:-2]) for key in islice(keys, at_most)]
    return list(islice(_merged(board.now_us, found), at_most))


def _permitted(board: Board, agent: Agent, heads: Ranking, lines: int) -> Iterator[Key]:
    """Of each line the first stay that may go to this agent. One behind its head may come after other heads."""
    restricted = board.restricted
    behind: list[Key] = []
    for key in heads.in_order(lines):
        while behind and behind[0] < key:
            yield heappop(behind)
        if key[-3] not in restricted or may_go(board, board.stays[key[-3]], agent):
            yield key
        elif (later := _behind_head(board, board.stays[key[-3]], agent)) is not None:
            heappush(behind, later)
    while behind:
        yield heappop(behind)


def _behind_head(board: Board, head: Waiting, agent: Agent) -> Key | None:
    """The first behind the head that may go to this agent, looking ahead no farther than the bound."""
    order = head.line.overdue if head.overdue else head.line.ordinary
    for key in islice(order, 1, board.domain.look_ahead + 1):
        if key[-3] not in board.restricted or may_go(board, board.stays[key[-3]], agent):
            return key
    board.look_ahead_hit = board.look_ahead_hit or order.size > board.domain.look_ahead + 1
    return None


def _merged(now_us: int, found: list[tuple[int, Iterator[Key]]]) -> Iterator[Row]:
    """Heads of different rates: the points that they have gathered by now decide."""
    tops: list[tuple[Any, ...]] = []
    for rate, keys in found:
        for key in keys:
            tops.append((*_order(now_us, rate, key), rate, key, keys))
            break
    heapify(tops)
    while tops:
        *_, rate, key, keys = tops[0]
        yield (rate, *key[:-2])
        following = next(keys, None)
        if following is None:
            heappop(tops)
        else:
            heapreplace(tops, (*_order(now_us, rate, following), rate, following, keys))


def _order(now_us: int, rate: int, key: Key) -> tuple[Any, ...]:
    *promise, place_us, queued_us, contact_id, stay_id, _, _ = key
    return (*promise, (place_us - now_us) * rate, queued_us, contact_id, stay_id)


def order_of(board: Board, stay: Waiting) -> tuple[Any, ...]:
    """Sorts stays of different lines at this instant."""
    return _order(board.now_us, stay.line.queue.policy.rate, stay.key)
