"""Which agents may be given this stay, and which stays may be given to this agent, the best first?"""

from heapq import merge
from itertools import islice

from routing.board import Board
from routing.capacity import BIT
from routing.explain import NEAREST, Row
from routing.heads import Found, Heads, without
from routing.line import Line, Waiting
from routing.ranking import Key, Ordered, Ranking, slots_of
from routing.staff import Agent

_FEW_BARRED = 64  # up to here the stays that an agent may not be given are looked at, beyond it those they might get

# --- agents for a stay ------------------------------------------------------------------------------------------------


def agents_for(board: Board, stay: Waiting, at_most: int) -> list[Row]:
    """(surplus, idle_us, agent id) of those who may be given this stay now, the best first. Nobody is interrupted while
    somebody has room."""
    found = _agents_on(board, stay, board.staff.with_room(stay.line.channel), False, at_most)
    if not found and (yielding := board.staff.yielding(stay.line.channel)):
        return _agents_on(board, stay, yielding, True, at_most)
    return found


def _agents_on(board: Board, stay: Waiting, shelves: list[Ranking], yielding: bool, at_most: int) -> list[Row]:
    line, staff, free = stay.line, board.staff, 0
    for shelf in shelves:
        free |= shelf.mask
    free &= line.fit.able
    if not free:
        return []
    asked_for = _asked_for(board, stay, yielding)
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


def _asked_for(board: Board, stay: Waiting, yielding: bool) -> list[Row]:
    """The agent whom the stay names, if they may be given it now: with an interruption, or without one."""
    wishes, fit = stay.wishes, stay.line.fit
    agent_id = wishes and (wishes.only_agent_id or wishes.preferred_agent_id)
    agent = board.staff.agents.get(agent_id) if agent_id else None
    if agent is None or agent.group is None:
        return []
    if not (agent.yields if yielding else agent.open & ~agent.yields) & BIT[stay.line.channel]:
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


def order_in(stay: Waiting) -> Ordered:
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


def heads_for(board: Board, agent: Agent, overdue: bool) -> Found:
    """Of each line the first stay that may be given to this agent now. If the agent may serve many lines, of each rate
    no more than the nearest. A head that may not go to this agent lets those behind it come forward."""
    group, lines = agent.group, board.lines
    heads = lines.overdue if overdue else lines.ordinary
    if group is None or not agent.open or not heads.waiting:
        return []
    barred = _barred_heads(board, agent, heads)
    if group.serves_few_lines:
        found = heads.looked_up(board.now_us, group.slots(agent.open, lines.by_slot))
    else:
        mask = group.lines & lines.on_channels(agent.open) & ~heads.direct
        found = heads.walked(board.now_us, mask, NEAREST + 1 + len(barred))
    if not barred and not heads.direct:
        return found
    direct = slots_of(heads.direct & group.lines & lines.on_channels(agent.open))
    behind = [stay.line for stay in barred] + [line for slot in direct if (line := lines.by_slot[slot]) is not None]
    instead = [
        (line.rate, allowed)
        for line in behind
        if (allowed := _from_head(board, line.overdue if overdue else line.ordinary, agent)) is not None
    ]
    return without(board.now_us, found, [(stay.line.rate, stay.key) for stay in barred], instead)


def _barred_heads(board: Board, agent: Agent, heads: Heads) -> list[Waiting]:
    """Stays that stand first and that this agent may not be given, unless nobody else is there."""
    barred, group = board.barred.get(agent.id), agent.group
    if barred is None or group is None:
        return []
    if len(barred) > _FEW_BARRED:
        stays = [board.stays[key[-3]] for key in heads.keys if key and key[-3] in barred]
    else:
        stays = [board.stays[stay_id] for stay_id in barred]
    return [
        stay
        for stay in stays
        if stay.in_line
        and (head := heads.keys[stay.line.slot])
        and head[-3] == stay.id
        and group.lines & stay.line.flag
        and agent.open & BIT[stay.line.channel]
    ]


def _from_head(board: Board, order: Ordered, agent: Agent) -> Key | None:
    """The first in the order that may go to this agent, looking no farther than the bound behind the head."""
    for key in islice(order, board.domain.look_ahead + 1):
        if key[-3] not in board.restricted or may_go(board, board.stays[key[-3]], agent):
            return key
    board.look_ahead_hit = board.look_ahead_hit or order.size > board.domain.look_ahead + 1
    return None


def first_stay(board: Board, agent: Agent, overdue: bool) -> Waiting | None:
    found = heads_for(board, agent, overdue)
    return board.stays[found[0][1][-3]] if found else None
