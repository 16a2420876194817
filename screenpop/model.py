"""What do viewers look at? The live records of a domain as the log has them, and whom a change concerns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contacts.contact import Contact
from contacts.presence import AgentState
from contacts.records import ConfigValue, Records
from contacts.segment import OVER, Segment
from contacts.stay import Stay
from screenpop import desk

Touched = dict[str, set[str]]  # agent id -> keys of records on that agent's desk


@dataclass(slots=True)
class Names:
    """What people call things: read from configuration, never from the log."""

    agents: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ReadModel:
    segments: dict[str, Segment] = field(default_factory=dict)  # not over
    contacts: dict[str, Contact] = field(default_factory=dict)  # open, or of these segments
    queued_us: dict[str, int] = field(default_factory=dict)  # by contact: begin of its latest stay
    agents: dict[str, AgentState] = field(default_factory=dict)
    capacity: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # by agent: units and costs as applied
    names: Names = field(default_factory=Names)
    segments_of: dict[str, set[str]] = field(default_factory=dict)  # by agent
    segments_on: dict[str, set[str]] = field(default_factory=dict)  # by contact

    @classmethod
    def of(cls, records: Records, names: Names) -> "ReadModel":
        model = cls(names=names)
        model.take_config(records.config.values())
        model.take(
            records.contacts.values(), records.stays.values(), records.segments.values(), records.agents.values()
        )
        return model

    def take_config(self, values: Iterable[ConfigValue]) -> None:
        for value in values:
            if value.kind == "agent":
                self.capacity[value.subject_id] = (value.values or {}).get("capacity", {})

    def take(
        self,
        contacts: Iterable[Contact],
        stays: Iterable[Stay],
        segments: Iterable[Segment],
        agents: Iterable[AgentState],
    ) -> Touched:
        """Bring changed rows in; whose desks they change, and which records there."""
        touched: Touched = {}
        for stay in stays:
            if stay.end is None:
                self.queued_us[stay.contact_id] = stay.queued_us
        for segment in segments:
            self._take_segment(segment, touched)
        for contact in contacts:
            self._take_contact(contact, touched)
        for agent in agents:
            self.agents[agent.agent_id] = agent
            touched.setdefault(agent.agent_id, set()).add("me")
        return touched

    def keys_of(self, agent_id: str) -> set[str]:
        """Of all records on the agent's desk."""
        return {"me"} | {f"segment/{s}" for s in self.segments_of.get(agent_id, ())}

    def snapshot(self, agent_id: str) -> dict[str, dict[str, Any]]:
        """Every record of the agent's desk."""
        return self.render(agent_id, self.keys_of(agent_id))[0]

    def render(self, agent_id: str, keys: Iterable[str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """(put, drop) of these keys as they are now."""
        put: dict[str, dict[str, Any]] = {}
        drop: list[str] = []
        for key in sorted(keys):
            if key == "me":
                put[key] = self._me(agent_id)
                continue
            segment = self.segments.get(key.removeprefix("segment/"))
            if segment is None:
                drop.append(key)
            else:
                put[key] = self._segment(segment)
        return put, drop

    def _me(self, agent_id: str) -> dict[str, Any]:
        state = self.agents.get(agent_id) or AgentState(agent_id, 1)
        capacity = self.capacity.get(agent_id, {})
        held = [self.segments[s] for s in self.segments_of.get(agent_id, ())]
        load = desk.load(held, self.contacts, capacity)
        return desk.me(state, self.names.agents.get(agent_id, ""), load, int(capacity.get("units", 100)))

    def _segment(self, segment: Segment) -> dict[str, Any]:
        contact = self.contacts.get(segment.contact_id)
        queued_us = self.queued_us.get(segment.contact_id, segment.offered_us)
        others = [self.segments[s] for s in self.segments_on.get(segment.contact_id, ()) if s != segment.id]
        queue = self.names.queues.get(segment.queue_id, "")
        return desk.segment(segment, contact, queued_us, queue, others, self.names.agents)

    def _touch_colleagues(self, contact_id: str, touched: Touched) -> None:
        """Each desk says who else is on the contact, and what may be done beside them."""
        for segment_id in self.segments_on.get(contact_id, ()):
            touched.setdefault(self.segments[segment_id].agent_id, set()).add(f"segment/{segment_id}")

    @staticmethod
    def _weighs(segment: Segment | None) -> bool:
        return segment is not None and segment.state not in OVER and segment.state not in desk.NO_LOAD

    def _take_contact(self, contact: Contact, touched: Touched) -> None:
        if contact.state == "closed" and not self.segments_on.get(contact.id):
            self.contacts.pop(contact.id, None)
            self.queued_us.pop(contact.id, None)
            return
        self.contacts[contact.id] = contact
        self._touch_colleagues(contact.id, touched)

    def _take_segment(self, segment: Segment, touched: Touched) -> None:
        keys = touched.setdefault(segment.agent_id, set())
        keys.add(f"segment/{segment.id}")
        if self._weighs(self.segments.get(segment.id)) != self._weighs(segment):
            keys.add("me")  # what they hold is shown there
        held = self.segments_of.setdefault(segment.agent_id, set())
        if segment.state not in OVER:
            self.segments[segment.id] = segment
            held.add(segment.id)
            self.segments_on.setdefault(segment.contact_id, set()).add(segment.id)
            self._touch_colleagues(segment.contact_id, touched)
            return
        self.segments.pop(segment.id, None)
        held.discard(segment.id)
        others = self.segments_on.get(segment.contact_id, set())
        others.discard(segment.id)
        self._touch_colleagues(segment.contact_id, touched)
        if not others:
            self.segments_on.pop(segment.contact_id, None)
            contact = self.contacts.get(segment.contact_id)
            if contact is not None and contact.state == "closed":  # it was kept for this segment's sake
                del self.contacts[contact.id]
                self.queued_us.pop(contact.id, None)
