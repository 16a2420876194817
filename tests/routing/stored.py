"""What would stand in the database? The records that a turn writes, put together from a ledger and from what the engine
says that is to be stored."""

from typing import Any

from contacts.contact import Contact
from contacts.records import ConfigValue, Records
from contacts.segment import Segment
from contacts.stay import Stay
from routing.engine import Engine
from routing.messages import ConfigChanged
from routing.policy import as_values
from tests.routing.ledger import Ledger, Piece, Wait


class Stored:
    def __init__(self) -> None:
        self.config: dict[Any, ConfigValue] = {}

    def keep(self, message: Any) -> None:
        """Of configuration the last value of each subject, as JSON values."""
        if not isinstance(message, ConfigChanged):
            return
        values: list[tuple[Any, str, Any]] = [
            *(("queue", queue.queue_id, as_values(queue)) for queue in message.queues),
            *(("agent", profile.agent_id, as_values(profile)) for profile in message.agents),
            *(("agent", agent_id, None) for agent_id in message.gone_agent_ids),
        ]
        if message.domain:
            values.append(("domain", "1", as_values(message.domain)))
        for kind, subject_id, value in values:
            self.config[kind, subject_id] = ConfigValue(kind, subject_id, message.seq, value)

    def records(self, engine: Engine, ledger: Ledger, now_us: int) -> Records:
        things: list[Wait | Piece] = [*ledger.waits.values(), *ledger.pieces.values()]
        return Records(
            domain_id=1,
            contacts={thing.contact_id: contact_of(thing, ledger) for thing in things},
            stays={wait.stay_id: stay_of(wait, engine) for wait in ledger.waits.values()},
            segments={piece.segment_id: segment_of(piece) for piece in ledger.pieces.values()},
            agents={agent_id: engine.agent_state(agent_id) for agent_id in ledger.agents},
            config=dict(self.config),
            engine_state=engine.counters(),
            last_at_us=now_us,
        )


def contact_of(thing: Wait | Piece, ledger: Ledger) -> Contact:
    id_, company_id = thing.contact_id, ledger.queues[thing.queue_id].company_id
    return Contact(id_, company_id, 1, thing.channel, "in", "open", "test", id_, arrived_us=0)


def stay_of(wait: Wait, engine: Engine) -> Stay:
    return Stay(
        wait.stay_id, wait.contact_id, 1, wait.queue_id, wait.queue_version, wait.requirement, wait.place_us,
        wait.queued_us, wait.promise_us, wait.limit_us, wait.wishes, routing=engine.stay_routing(wait.stay_id),
    )  # fmt: skip


def segment_of(piece: Piece) -> Segment:
    in_wrap_up = piece.state == "wrap_up"
    state: Any = piece.state
    role: Any = piece.role
    return Segment(
        piece.segment_id, piece.contact_id, piece.stay_id, piece.queue_id, 1, piece.agent_id, role, state,
        piece.offered_us, None if in_wrap_up else piece.ends_us, piece.exclusive, piece.manual, piece.connected_us,
        wrap_up_until_us=piece.ends_us if in_wrap_up else None,
        interrupted=piece.interrupted_by is not None,
    )  # fmt: skip
