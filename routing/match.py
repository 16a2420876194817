"""Who is given to whom?

The rule, after every message, until nobody can be given anything more:
1. Stays stand in one order: those beyond their promise first, by promise; the rest by `(now - place) * rate`; ties by
   this same product, queued_at, contact.
2. The first stay for which an able agent is there is given to the best of them: the preferred one, then by the queue's
   agent order (surplus, then longest idle, then id).
3. If this agent could serve an ordinary stay instead of the overdue one, that is a choice: overdue work takes at most
   its share of the last choices; beyond it the first such ordinary stay is given to the best agent for it.
4. Of each line only the head and `look_ahead` stays behind it are in sight.

A naive reading sorts everybody each time (tests/routing/naive_match.py). Here only those are asked about whom something
is new: after the last message nobody could be given anything, and nothing about the others has changed since.
"""

from heapq import heappop, heappush
from itertools import islice
from typing import Any

from routing.board import Board
from routing.candidates import agents_for, heads_for, is_in_sight, is_servable, order_in
from routing.explain import NEAREST, Explanation, Row
from routing.heads import Found, order_of
from routing.line import Waiting
from routing.offers import offer
from routing.ranking import Key, slots_of
from routing.staff import Agent

_SHOWN = NEAREST + 1  # the winner and the nearest losers


def match(board: Board) -> None:
    """Gives whatever can be given, and forgets what was new."""
    if board.freed and board.unasked:
        board.shelve()
        board.unasked = [stay for stay in board.unasked if is_servable(board, stay)]
    if not board.unasked and len(board.freed) == 1:
        _serve_agent(board, next(iter(board.freed.values())))
    elif not board.freed and len(board.unasked) == 1:
        _serve_stay(board, board.unasked.pop())
    if board.unasked or board.freed:
        step = _Step(board)
        while step.give_one():
            pass
    board.returned.clear()


def is_share_used_up(board: Board) -> bool:
    window = board.domain.overdue_window
    last = board.choices[-window:]
    return len(last) == window and last.count("1") * 100 >= board.domain.overdue_share_pct * window


def _serve_agent(board: Board, agent: Agent) -> None:
    """One agent is new and nobody else: whatever they may be given, nobody else can take it."""
    while agent.open and agent.group is not None:
        if board.unasked:
            return
        board.look_ahead_hit = False
        overdue = heads_for(board, agent, True)
        ordinary = heads_for(board, agent, False)
        contested = bool(overdue and ordinary)
        found = ordinary if not overdue or (contested and is_share_used_up(board)) else overdue
        if not found:
            break
        stay = board.stays[found[0][1][-3]]
        surplus = stay.line.fit.surplus_of(agent.group.flag)
        _give(board, stay, found, [(surplus, agent.idle_us, agent.id)], contested)
    board.freed.clear()


def _serve_stay(board: Board, stay: Waiting) -> None:
    """One stay is new and nobody else: whoever may be given it could not be given anything else, unless what is parked
    for it makes more room than it takes."""
    board.shelve()
    while stay.in_line and (agents := agents_for(board, stay, _SHOWN)) and is_in_sight(board, stay):
        board.look_ahead_hit = False
        _give(board, stay, [], agents, contested=False)
        board.shelve()
        if board.unasked or board.freed:
            board.unasked.append(stay)
            return


def _give(board: Board, stay: Waiting, found: Found, agents: list[Row], contested: bool) -> None:
    """`found` is what the agent could have been given instead."""
    explanation = Explanation(board, stay, found, agents, contested)
    if contested:
        board.choose("1" if stay.overdue else "0")
    offer(board, stay, board.staff.agents[agents[0][-1]], explanation)


class _Step:
    """Several are new at once. Two heaps hold stays that somebody new may serve, in their order.

    Within a step nobody gains a possibility but those who are asked about again. So a line is done with as soon as its
    first stay finds nobody though it may go to anybody; if it may not, those in sight behind it are tried.
    """

    def __init__(self, board: Board) -> None:
        self.board = board
        self.overdue: list[tuple[Any, ...]] = []  # (order…, stay)
        self.ordinary: list[tuple[Any, ...]] = []
        self._welcome()

    def _welcome(self) -> None:
        """The first stays that those who are new may serve. Who was interrupted may be new once more."""
        lines, new = self.board.lines, 0
        for agent in self.board.freed.values():
            if agent.group is not None:
                new |= agent.group.lines & lines.on_channels(agent.open)
        self.board.freed.clear()
        for slot in slots_of(new & (lines.ordinary.mask | lines.overdue.mask)):
            line = lines.by_slot[slot]
            assert line is not None
            self._put(line.overdue.first, line.ordinary.first)

    def _put(self, *keys: Key | None) -> None:
        for key in keys:
            if key is not None:
                stay = self.board.stays[key[-3]]
                order = order_of(self.board.now_us, stay.line.rate, key)
                heappush(self.overdue if stay.overdue else self.ordinary, order)

    def give_one(self) -> bool:
        board = self.board
        board.shelve()
        if board.freed:
            self._welcome()
        while board.unasked:
            asked = board.unasked.pop()
            self._put(asked.key if asked.in_line else None)
        stay = self._first(self.overdue)
        rival = self._rival(stay) if stay else None
        contested = rival is not None
        if stay is None:
            stay = self._first(self.ordinary)
        elif rival is not None and is_share_used_up(board):
            stay = rival
        if stay is None:
            return False
        agents = agents_for(board, stay, _SHOWN)
        board.look_ahead_hit = False
        found = heads_for(board, board.staff.agents[agents[0][-1]], stay.overdue)
        _give(board, stay, found, agents, contested)
        self._put(order_in(stay).first)
        return True

    def _first(self, heap: list[tuple[Any, ...]]) -> Waiting | None:
        """The first stay of the kind that somebody can be given."""
        board = self.board
        while heap:
            stay = board.stays[heap[0][-1]]
            if is_servable(board, stay):
                return stay
            heappop(heap)
            order = order_in(stay)
            if stay.id in board.restricted and stay.in_line and order.first == stay.key:
                self._put(*islice(order, 1, board.domain.look_ahead + 1))
        return None

    def _rival(self, stay: Waiting) -> Waiting | None:
        """The ordinary stay that the best agent for this overdue one could serve instead."""
        best = agents_for(self.board, stay, 1)[0]
        found = heads_for(self.board, self.board.staff.agents[best[-1]], False)
        return self.board.stays[found[0][1][-3]] if found else None
