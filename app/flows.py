"""Which flows do calls walk through now? Each version is read once: its text never changes."""

from collections.abc import Iterable, Mapping

import structlog

from app.commands import Arrive, Command, FlowRef, ReportLegs
from contacts.contact import Contact
from ivr.flow import Flow
from ivr.load import load

KEPT_MAX = 200  # beyond it those that no open contact began with are forgotten

log = structlog.get_logger()


def begun_by(commands: Iterable[Command]) -> set[FlowRef]:
    """Flows that calls of these commands would begin with."""
    found: set[FlowRef] = set()
    for command in commands:
        match command:
            case ReportLegs(reports=reports):
                found.update(each.entry.flow for each in reports if each.entry is not None and each.entry.flow)
            case Arrive(entry=entry) if entry.flow is not None:
                found.add(entry.flow)
    return found


def walked_by(contacts: Iterable[Contact]) -> set[FlowRef]:
    """Flows in which these contacts are."""
    return {FlowRef(str(each.ivr["flow_id"]), int(each.ivr["version"])) for each in contacts if "version" in each.ivr}


def keep(flows: dict[FlowRef, Flow], texts: Mapping[FlowRef, str], contacts: Iterable[Contact]) -> None:
    """A text that is no flow (an older release may have taken it) is left out: its calls are let go."""
    if len(flows) + len(texts) > KEPT_MAX:
        needed = walked_by(contacts)
        for ref in [ref for ref in flows if ref not in needed]:
            del flows[ref]
    for ref, text in texts.items():
        loaded = load(text)
        if loaded.flow is None:
            log.error("flow unreadable", flow=ref.flow_id, version=ref.version)
        else:
            flows[ref] = loaded.flow
