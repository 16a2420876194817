"""Which command does a `do` frame ask for? The command, or the problem that names the field it lacks."""

from typing import cast, get_args

from app import commands as c
from app.frames import Do

NEEDS: dict[str, tuple[str, ...]] = {
    "choose": ("chosen",),
    "clear_flag": (),
    "transfer": ("segment",),
    "consult": ("segment",),
}  # every other act is one on a segment


def command_of(frame: Do, agent_id: str) -> c.Command | c.Reply:
    missing = next((name for name in NEEDS.get(frame.what, ("segment",)) if getattr(frame, name) is None), None)
    if missing is not None:
        return c.problem(422, "field.missing", field=missing)
    match frame.what:
        case "choose":
            assert frame.chosen is not None
            return c.ChooseState(agent_id, frame.chosen, frame.reason, frame.when)
        case "clear_flag":
            return c.ClearNotResponding(agent_id)
        case "transfer":
            return _transfer(frame, agent_id)
        case "consult":
            return _consult(frame, agent_id)
        case act if act in get_args(c.SegmentAct):
            return c.ActOnSegment(cast(c.SegmentAct, act), frame.segment or "", agent_id, frame.reason)
        case _:
            return c.problem(422, "act.unknown", field="what")


def _transfer(frame: Do, agent_id: str) -> c.Command | c.Reply:
    """To a queue, to an agent or to a number outside, and to one of them alone."""
    if sum(each is not None for each in (frame.queue, frame.agent, frame.number)) > 1:
        return c.problem(422, "transfer.one_of", field="agent")
    if frame.queue is not None:
        return c.TransferToQueue(frame.segment or "", agent_id, frame.queue, frame.keep)
    if frame.agent is not None:
        return c.TransferToAgent(frame.segment or "", agent_id, frame.agent, frame.keep)
    if frame.number is not None:
        return c.CallOutside(frame.segment or "", agent_id, frame.number, blind=True)
    return c.problem(422, "field.missing", field="queue")


def _consult(frame: Do, agent_id: str) -> c.Command | c.Reply:
    """A colleague, or a number outside."""
    if frame.agent is not None and frame.number is not None:
        return c.problem(422, "transfer.one_of", field="agent")
    if frame.number is not None:
        return c.CallOutside(frame.segment or "", agent_id, frame.number)
    if frame.agent is not None:
        return c.ConsultAgent(frame.segment or "", agent_id, frame.agent)
    return c.problem(422, "field.missing", field="agent")
