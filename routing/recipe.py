"""What does time do to a stay?

It becomes overdue at its promise, its requirement widens step by step, and at its limit the queue's last step runs.
Widening follows the queue's policy as it is now; promise and limit were fixed when the stay began.
"""

from contacts.words import SECOND_US
from routing.board import Board
from routing.deadlines import NEVER, Due, due
from routing.line import Waiting
from routing.messages import Overdue, QueuePolicy, Replaced, Widened


def place_us(policy: QueuePolicy, value: int, arrival_us: int) -> int:
    """The place in line: a head start for the customer's value, as time. Only a person's act changes it again."""
    points = 0
    for at_least, more in policy.head_start:
        if value >= at_least:
            points = more
    return arrival_us - points * SECOND_US // policy.rate if points else arrival_us


def watch(board: Board, stay: Waiting) -> None:
    """Sets the stay's next deadline. While an agent is being connected the limit waits for the outcome."""
    next_due: Due = NEVER
    if not stay.offers or stay.offers[0].state != "connecting":  # one that connects is the only one
        next_due = due(stay.limit_us, "limit")
    if not stay.overdue:
        next_due = _earlier(next_due, due(stay.promise_us, "promise"))
    steps = stay.line.queue.policy.widen
    if stay.widened < len(steps):
        next_due = _earlier(next_due, due(stay.queued_us + steps[stay.widened].after_s * SECOND_US, "widen"))
    board.set_stay_due(stay, next_due)


def _earlier(one: Due, other: Due) -> Due:
    return other if one == NEVER else min(one, other)


def become_overdue(board: Board, stay: Waiting) -> None:
    was_in_line = stay.in_line
    board.step_out(stay)
    stay.overdue = True
    if was_in_line:
        board.stand(stay)
    watch(board, stay)
    board.told.append(Overdue(stay.id))


def widen(board: Board, stay: Waiting) -> None:
    """The requirement becomes the next step's; the place stays."""
    line = stay.line
    step = line.queue.policy.widen[stay.widened]
    stay.widened += 1
    board.move(stay, board.lines.line(line.queue, step.requirement, line.channel, board.staff.groups))
    watch(board, stay)
    board.told.append(Widened(stay.id, step.requirement))


def give_value(board: Board, stay: Waiting, value: int) -> None:
    """By a person: the stay goes to the place that it would have had with this value."""
    was_in_line = stay.in_line
    board.step_out(stay)
    stay.value = value
    stay.place_us = place_us(stay.line.queue.policy, value, stay.arrival_us)
    if was_in_line:
        board.stand(stay)
    board.told.append(Replaced(stay.id, value, stay.place_us))
