"""Why this stay, and why this agent?

An explanation is data from which a stranger's script can recompute the choice. Its fields:

rule        version of the rule; this text describes version 1
now_us      the instant of the decision
kind        'overdue' or 'ordinary': in which order the stay stood
stays       the given stay first, then at most 16 that this agent could have been given instead, in order
            ordinary: [rate, place_us, queued_us, contact, stay]
                      the largest (now_us - place_us) * rate first, then the smallest queued_us, contact
            overdue:  [rate, promise_us, place_us, queued_us, contact, stay]
                      the smallest promise_us first, then as above
agents      the chosen agent first, then at most 16 who could have been given this stay instead, in order:
            [surplus, idle_us, agent]
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

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routing.board import Board
    from routing.line import Waiting

RULE = 1
NEAREST = 16

Row = tuple[Any, ...]


def explain(board: "Board", stay: "Waiting", stays: list[Row], agents: list[Row], contested: bool) -> dict[str, Any]:
    """Taken while the stay still stands in its line and the agent on the shelf."""
    line, domain = stay.line, board.domain
    able = line.fit.able
    heads = board.lines.overdue_heads if stay.overdue else board.lines.heads
    free = 0
    for shelf in board.staff.with_room(line.channel):
        free |= shelf.mask
    window = board.choices[-domain.overdue_window :]
    wishes = stay.wishes
    return {
        "rule": RULE,
        "now_us": board.now_us,
        "kind": "overdue" if stay.overdue else "ordinary",
        "stays": stays,
        "agents": agents,
        "order": line.queue.policy.agent_order,
        "preferred": wishes is not None and wishes.preferred_agent_id == agents[0][-1],
        "contested": contested,
        "window": len(window),
        "window_full": domain.overdue_window,
        "window_overdue": window.count("1"),
        "share_pct": domain.overdue_share_pct,
        "look_ahead_hit": board.look_ahead_hit,
        "counts": {
            "profiles": len(board.staff.groups),
            "able": line.fit.able_count,
            "logged_in": (able & board.staff.logged_in_groups(line.channel)).bit_count(),
            "free": (able & free).bit_count(),
            "lines": sum([heads_of_rate.order.size for heads_of_rate in heads.values()]),
            "line": (line.overdue if stay.overdue else line.ordinary).size,
        },
    }
