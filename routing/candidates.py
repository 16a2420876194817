"""Which agents may be given this stay, and which stays may be given to this agent, the best first?"""

from heapq import merge
from itertools import islice
from typing import Any

from routing.board import Board
from routing.capacity import BIT
from routing.explain import NEAREST, Row
from routing.line import Line, Order, Waiting
from routing.ranking import Key, slots_of
from routing.staff import FEW_LINES, Agent

_NONE: set[str] = set()
_ORDINARY_KEY = 6  # parts of the key of a stay that is not overdue
_FEW_BARRED = 64  # up to here the stays that an agent may not be given are looked at, beyond it those they might get

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


def is_servable(board: Board, stay: Waiting) -> bool:
    return stay.in_line and bool(agents_for(board, stay, 1)) and is_in_sight(board, stay)


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


def order_in(stay: Waiting) -> Order:
    return stay.line.overdue if stay.overdue else stay.line.ordinary


def is_in_sight(board: Board, stay: Waiting) -> bool:
    """Whether the stay is its line's head or within the look-ahead behind it."""
    order = order_in(stay)
    ahead = board.domain.look_ahead
    if order.size <= ahead:
        return True
    last = order.nth(ahead)
    return last is None or stay.key <= last


# --- stays for an agent -----------------------------------------------------------------------------------------------

Heads = list[tuple[int, list[Key]]]  # by rate, in no order; of each line one


def heads_for(board: Board, agent: Agent, overdue: bool) -> Heads:
    """Of each line the first stay that may be given to this agent now. If the agent may serve many lines, of each rate
    no more than the nearest."""
    group, lines = agent.group, board.lines
    if group is None or not agent.open or (overdue and not lines.overdue_count):
        return []
    barred = board.barred.get(agent.id, _NONE)
    direct = lines.overdue_direct if overdue else lines.direct
    if direct:
        direct &= group.lines & lines.on_channels(agent.open)
    if group.lines_count <= FEW_LINES:
        by_rate = group.orders(agent.open, overdue, lines.by_slot)
        found = [
            (rate, [head for order in orders if (head := order.head) is not None]) for rate, orders in by_rate.items()
        ]
    else:
        mask = group.lines & lines.on_channels(agent.open) & ~direct
        by_ranking = lines.overdue_heads if overdue else lines.heads
        found = [
            (rate, list(islice(heads.in_order(mask), NEAREST + 1 + len(barred)))) for rate, heads in by_ranking.items()
        ]
    if barred:
        _look_behind_barred(board, agent, found, barred, overdue)
    if direct:
        _look_behind_direct(board, agent, found, direct, overdue)
    return [each for each in found if each[1]]


def _look_behind_barred(board: Board, agent: Agent, found: Heads, barred: set[str], overdue: bool) -> None:
    """Instead of heads that may not go to this agent, the first behind them that may."""
    if len(barred) <= _FEW_BARRED:
        stays = [stay for stay_id in barred if (stay := board.stays[stay_id]).in_line and stay.overdue == overdue]
        heads = {stay.key for stay in stays if order_in(stay).head is stay.key}
    else:
        heads = {key for _, keys in found for key in keys if key[-3] in barred}
    for _, keys in found if heads else ():
        for key in heads.intersection(keys):
            keys.remove(key)
            if (allowed := _from_head(board, order_in(board.stays[key[-3]]), agent)) is not None:
                keys.append(allowed)


def _look_behind_direct(board: Board, agent: Agent, found: Heads, direct: int, overdue: bool) -> None:
    """Heads that are for one agent only: for this one, or else the first behind them."""
    for slot in slots_of(direct):
        line = board.lines.by_slot[slot]
        assert line is not None
        if (allowed := _from_head(board, line.overdue if overdue else line.ordinary, agent)) is not None:
            found.append((line.rate, [allowed]))


def _from_head(board: Board, order: Order, agent: Agent) -> Key | None:
    """The first in the order that may go to this agent, looking no farther than the bound behind the head."""
    for key in islice(order, board.domain.look_ahead + 1):
        if key[-3] not in board.restricted or may_go(board, board.stays[key[-3]], agent):
            return key
    board.look_ahead_hit = board.look_ahead_hit or order.size > board.domain.look_ahead + 1
    return None


def first_of(board: Board, heads: Heads) -> Waiting:
    """Whose turn it is, among at least one."""
    firsts = [(rate, min(keys)) for rate, keys in heads]
    if len(firsts) == 1:
        return board.stays[firsts[0][1][-3]]
    now_us = board.now_us
    return board.stays[min([(_order(now_us, rate, key), key[-3]) for rate, key in firsts])[1]]


def first_stay(board: Board, agent: Agent, overdue: bool) -> Waiting | None:
    heads = heads_for(board, agent, overdue)
    return first_of(board, heads) if heads else None


def order_of(board: Board, stay: Waiting) -> tuple[Any, ...]:
    """Sorts stays of different lines at this instant."""
    return (*_order(board.now_us, stay.line.rate, stay.key), stay.id)


def _order(now_us: int, rate: int, key: Key) -> tuple[Any, ...]:
    if len(key) == _ORDINARY_KEY:
        return ((key[0] - now_us) * rate, key[1], key[2])
    return (key[0], (key[1] - now_us) * rate, key[2], key[3])
