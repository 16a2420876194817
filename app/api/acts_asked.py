"""Which command does a `do` frame ask for? The command, or the problem that names the field it lacks."""

from typing import cast, get_args

from app import commands as c
from app.frames import Do

NEEDS: dict[str, tuple[str, ...]] = {
    "choose": ("chosen",),
    "clear_flag": (),
    "transfer": ("segment",),
    "consult": ("segment", "agent"),
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
            return c.ConsultAgent(frame.segment or "", agent_id, frame.agent or "")
        case act if act in get_args(c.SegmentAct):
            return c.ActOnSegment(cast(c.SegmentAct, act), frame.segment or "", agent_id, frame.reason)
        case _:
            return c.problem(422, "act.unknown", field="what")


def _transfer(frame: Do, agent_id: str) -> c.Command | c.Reply:
    """To a queue or to an agent, and not to both."""
    if frame.queue is not None and frame.agent is not None:
        return c.problem(422, "transfer.one_of", field="agent")
    if frame.queue is not None:
        return c.TransferToQueue(frame.segment or "", agent_id, frame.queue, frame.keep)
    if frame.agent is not None:
        return c.TransferToAgent(frame.segment or "", agent_id, frame.agent, frame.keep)
    return c.problem(422, "field.missing", field="queue")
