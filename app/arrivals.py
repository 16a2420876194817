"""Where does a caller go, and who may it be? Looked up before the command, so that the turn need not wait."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import uuid_utils

from app.commands import Call, Entry
from app.store import arrivals
from contacts.customer import Address
from contacts.hours import Hours, read_hours
from contacts.identify import canonical_phone, identify

HOURS_KEPT_MAX = 1_000


@dataclass(slots=True)
class Arrivals:
    look_ups: arrivals.LookUps
    now_us: Callable[[], int]
    _hours: dict[str, Hours] = field(default_factory=dict)

    async def of_calls(self, provider_id: str, calls: Sequence[Call]) -> list[Entry | None]:
        """An entry for each call; None where the number called is nobody's."""
        asked = [(canonical_phone(c.called) or c.called, canonical_phone(c.caller or "")) for c in calls]
        found = await self.look_ups.reached(asked)
        return [
            None if way is None else self._entry(provider_id, call, caller, way)
            for call, (_, caller), way in zip(calls, asked, found, strict=True)
        ]

    def _entry(self, provider_id: str, call: Call, caller: str | None, way: arrivals.Reached) -> Entry:
        known = [
            Address(way.company_id, customer_id, "phone", caller or "", level, source, 0)  # type: ignore[arg-type]
            for customer_id, level, source, _ in way.customers
        ]
        unique = identify(caller, known).unique
        value = next((v for c, _, _, v in way.customers if unique and c == unique.customer_id), 0)
        is_open = way.queue_id is not None and not way.queue_closed and self._is_open(way)
        return Entry(
            contact_id=str(uuid_utils.uuid7()),
            company_id=way.company_id,
            channel="phone",
            queue_id=way.queue_id if is_open else None,
            source=f"telephony:{provider_id}",
            source_id=call.leg,
            number=way.address,
            customer_id=unique.customer_id if unique else None,
            value=value,
            language=way.language,
            closed_outcome=None if is_open else "closed_hours",
        )

    def _is_open(self, way: arrivals.Reached) -> bool:
        if not way.hours:
            return True
        key = json.dumps(way.hours, sort_keys=True)
        hours = self._hours.get(key)
        if hours is None:
            if len(self._hours) >= HOURS_KEPT_MAX:
                self._hours.clear()
            hours = self._hours[key] = read_hours(way.hours)
        return hours.is_open(self.now_us())
