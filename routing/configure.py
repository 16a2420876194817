"""What changes when the configuration does? What is decided from now on; promise, limit and place of who waits stay."""

from contacts.presence import AgentState
from routing.board import Board
from routing.line import Queue, Waiting
from routing.messages import AgentProfile, ConfigChanged, DomainPolicy, QueuePolicy
from routing.offers import offers_to, withdraw
from routing.recipe import watch
from routing.staff import Agent


def configure(board: Board, message: ConfigChanged) -> None:
    if message.domain is not None:
        set_domain(board, message.domain)
    for policy in message.queues:
        set_queue(board, policy)
    new = enlist_new(board, message.agents)
    set_profiles(board, [(board.staff.agents[profile.agent_id], profile) for profile in message.agents])
    for agent in new:
        board.changed(agent, "configured")
    gone = [board.staff.agents[agent_id] for agent_id in message.gone_agent_ids if agent_id in board.staff.agents]
    let_go = [agent for agent in gone if agent.group is not None]
    set_profiles(board, [(agent, None) for agent in let_go])
    for agent in let_go:
        # Whoever let them go chose for them: they would count as ready for ever.
        if (agent.chosen, agent.next_chosen) != ("offline", None):
            board.set_chosen(agent, "offline", None, "chose")
        withdraw(board, offers_to(agent), "not_ready")


def enlist_new(board: Board, profiles: tuple[AgentProfile, ...]) -> list[Agent]:
    known = board.staff.agents
    return [
        board.enlist(AgentState(profile.agent_id, board.domain_id))
        for profile in profiles
        if profile.agent_id not in known
    ]


def set_profiles(board: Board, profiles: list[tuple[Agent, AgentProfile | None]]) -> None:
    """Segments that are held go on, whatever the agent may now do."""
    were_there = 0
    for agent, _ in profiles:
        if agent.logged_in and agent.group is not None:
            were_there |= agent.group.flag
    lines = board.paused_lines_of(were_there)
    board.lines.welcome(*board.staff.give_profiles(profiles))
    for agent, _ in profiles:
        board.place_by_hand(agent)
    board.somebody_left(lines)


def set_domain(board: Board, domain: DomainPolicy) -> None:
    sees_farther = domain.look_ahead > board.domain.look_ahead
    board.domain = domain
    for agent in board.staff.agents.values():
        if agent.desk_silent_us is not None:
            board.watch_silence(agent)
    if sees_farther:
        for order in board.lines.orders():
            if (first := order.first) is not None and first[-3] in board.restricted:
                for at, key in enumerate(order):
                    if at > domain.look_ahead:
                        break
                    board.ask(board.stays[key[-3]])


def set_queue(board: Board, policy: QueuePolicy) -> None:
    known = board.lines.queues.get(policy.queue_id)
    before = known.policy if known else policy
    queue = board.set_policy(policy)
    if policy.offers_at_once != before.offers_at_once:
        for stay in stays_of(board, queue):
            if stay.offers:
                board.stand(stay)
    if policy.interrupted_by != before.interrupted_by:
        for agent in {id(each.agent): each.agent for each in board.segments.values() if each.queue is queue}.values():
            board.reload(agent)
    if policy.widen != before.widen:
        for stay in stays_of(board, queue):
            watch(board, stay)


def stays_of(board: Board, queue: Queue) -> list[Waiting]:
    return [stay for stay in board.stays.values() if stay.line.queue is queue]
