"""Is an agent there? What the person chose, what the wires say, and the flag of one who did not respond."""

from contacts.presence import Device
from routing.board import Board
from routing.messages import Choose, ChooseNext
from routing.offers import offers_to, withdraw, withdraw_unreachable
from routing.staff import Agent


def choose(board: Board, agent: Agent, message: Choose) -> None:
    """Said twice it changes nothing; above all it cancels no offer on the agent's screen."""
    if (agent.chosen, agent.reason, agent.next_chosen) == (message.chosen, message.reason, None):
        return
    board.set_chosen(agent, message.chosen, message.reason, "chose")
    if message.chosen != "ready":
        withdraw(board, offers_to(agent), "not_ready")


def choose_next(board: Board, agent: Agent, message: ChooseNext) -> None:
    """Taken when nothing is held any more; until then nothing new is offered."""
    wish = f"away:{message.reason or ''}" if message.chosen == "away" else message.chosen
    if wish == agent.next_chosen:
        return
    if message.chosen is not None and not agent.segments:
        board.set_chosen(agent, message.chosen, message.reason, "next_chosen")
        return
    agent.next_chosen = wish
    board.changed(agent, "next_chosen")


def reach(board: Board, agent: Agent, device: Device, up: bool) -> None:
    was_up = agent.desk_reachable if device == "desk" else agent.phone_reachable
    if was_up == up:
        return
    if device == "phone":
        agent.phone_reachable = up
    else:
        agent.desk_reachable = up
        agent.desk_silent_us = None if up else board.now_us
        board.watch_silence(agent)
    board.changed(agent, "reachable" if up else "unreachable")
    withdraw_unreachable(board, agent)


def clear_flag(board: Board, agent: Agent) -> None:
    if agent.not_responding:
        agent.not_responding = False
        board.changed(agent, "flag_cleared")
