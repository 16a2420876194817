"""Why this stay, and why this agent?

An explanation is data from which a stranger's script can recompute the choice. Its fields:

rule        version of the rule; this text describes version 2 (in version 1 nobody was interrupted)
now_us      the instant of the decision
kind        'overdue' or 'ordinary': in which order the stay stood
stays       the given stay first, then at most 16 that this agent could have been given instead, in order
            ordinary: [rate, place_us, queued_us, contact, stay]
                      the largest (now_us - place_us) * rate first, then the smallest queued_us, contact
            overdue:  [rate, promise_us, place_us, queued_us, contact, stay]
                      the smallest promise_us first, then as above
agents      the chosen agent first, then at most 16 who could have been given this stay instead, in order:
            [surplus, idle_us, agent]
interrupts  true: nobody who is able had room. `agents` are those who have written conversations that may be parked for
            this stay; else they are those who had room
order       how agents are compared, the smallest first: 'least_surplus' by (surplus, idle_us, agent), 'most_skilled' by
            (-surplus, idle_us, agent), 'longest_idle' by (idle_us, agent). idle_us = end of the last wrap-up, or since
            when ready; surplus = levels above the requirement: `and` adds, of `or` the smallest branch that holds,
            `not` is 0; with 'longest_idle' it is not computed and stands as 0 for all but a sole candidate
preferred   true: the first agent stands before this order because the stay asks for them
contested   true: the agent could have served overdue work as well as ordinary. Overdue work is taken unless `window` is
            full and `window_overdue` * 100 >= `share_pct` * `window_full`
window      how many such choices were made lately, at most `window_full`; `window_overdue` of them took overdue work
look_ahead_hit   true: in some line the head and all within the look-ahead behind it may not go to this agent, and more
            wait behind them
counts      profiles       different profiles of agents in the domain
            able           of these, those that meet the requirement and are granted the company
            logged_in      of the able, those with somebody ready and reachable on the channel
            free           of the able, those with somebody who is routable and has room on the channel
            lines          lines in which somebody waits, of this kind
            line           stays that wait in the line of the given stay, this one included, of this kind

A stay or an agent that is not named was farther away than all that are named, or not able; nobody who could have been
given something before this message is named as a loser of it, because there was no such one.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from routing.capacity import BIT

if TYPE_CHECKING:
    from routing.board import Board
    from routing.heads import Found
    from routing.line import Waiting

RULE = 2
NEAREST = 16

COUNTED = ("profiles", "able", "logged_in", "free", "lines", "line")

Row = tuple[Any, ...]


class Explanation(Mapping[str, Any]):
    """The facts as they were at the decision; they are put into order when somebody reads them."""

    __slots__ = (
        "_agents", "_choices", "_contested", "_counts", "_data", "_domain", "_found", "_given", "_interrupts", "_kind",
        "_look_ahead_hit", "_now_us", "_order", "_preferred",
    )  # fmt: skip

    def __init__(self, board: "Board", stay: "Waiting", found: "Found", agents: list[Row], contested: bool) -> None:
        """Taken while the stay still stands in its line and the agent on the shelf."""
        line, wishes = stay.line, stay.wishes
        self._data: dict[str, Any] | None = None
        self._now_us, self._domain, self._choices = board.now_us, board.domain, board.choices
        self._given, self._found, self._agents = (line.rate, stay.key), found, agents
        self._kind = "overdue" if stay.overdue else "ordinary"
        self._order = line.queue.policy.agent_order
        self._preferred = wishes is not None and wishes.preferred_agent_id == agents[0][-1]
        self._contested = contested
        self._look_ahead_hit = board.look_ahead_hit
        agent = board.staff.agents[agents[0][-1]]
        self._interrupts = bool(agent.yields & BIT[line.channel])
        self._counts = _counts(board, stay, agent.group.flag if agent.group and not self._interrupts else 0)

    def as_data(self) -> dict[str, Any]:
        if self._data is None:
            window_full = self._domain.overdue_window
            window = self._choices[-window_full:]
            self._data = {
                "rule": RULE,
                "now_us": self._now_us,
                "kind": self._kind,
                "stays": self._stays(),
                "agents": [list(agent) for agent in self._agents],
                "interrupts": self._interrupts,
                "order": self._order,
                "preferred": self._preferred,
                "contested": self._contested,
                "window": len(window),
                "window_full": window_full,
                "window_overdue": window.count("1"),
                "share_pct": self._domain.overdue_share_pct,
                "look_ahead_hit": self._look_ahead_hit,
                "counts": self._counted(),
            }
        return self._data

    def _counted(self) -> dict[str, int]:
        profiles, able, logged_in, free, lines, line = self._counts
        counts = (profiles, able, logged_in.bit_count(), free.bit_count(), lines.bit_count(), line)
        return dict(zip(COUNTED, counts, strict=True))

    def _stays(self) -> list[list[Any]]:
        rate, given = self._given
        others = [[rate, *key[:-2]] for rate, _, keys in self._found for key in keys if key[-3] != given[-3]]
        return [[rate, *given[:-2]], *sorted(others, key=self._in_order)[:NEAREST]]

    def _in_order(self, row: list[Any]) -> tuple[Any, ...]:
        rate, *promise, place_us, queued_us, contact_id, stay_id = row
        return (*promise, (place_us - self._now_us) * rate, queued_us, contact_id, stay_id)

    def __getitem__(self, name: str) -> Any:
        return self.as_data()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_data())

    def __len__(self) -> int:
        return len(self.as_data())

    def __repr__(self) -> str:
        return f"Explanation({self.as_data()})"


def _counts(board: "Board", stay: "Waiting", agent_flag: int) -> tuple[int, ...]:
    """In the order of COUNTED; those that are masks are counted when read."""
    line, staff, lines = stay.line, board.staff, board.lines
    able = line.fit.able
    free = agent_flag  # who was just freed may not stand on a shelf yet
    for shelf in staff.with_room(line.channel):
        free |= shelf.mask
    heads = lines.overdue if stay.overdue else lines.ordinary
    return (
        len(staff.by_profile),
        line.fit.able_count,
        able & staff.logged_in_groups(line.channel),
        able & free,
        heads.mask,
        (line.overdue if stay.overdue else line.ordinary).size,
    )
