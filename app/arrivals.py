"""Where does a caller go, and who may it be? Looked up before the command, so that the turn need not wait."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import uuid_utils

from app.commands import Call, Entry, FlowRef
from app.store import arrivals
from contacts.customer import Address
from contacts.hours import Hours, read_hours
from contacts.identify import canonical_phone, identify

HOURS_KEPT_MAX = 1_000
WAYS_KEPT_MAX = 10_000
WAYS_KEPT_S = 1.0  # so long may a number lead where it led before it was changed by another process


@dataclass(slots=True)
class Arrivals:
    look_ups: arrivals.LookUps
    now_us: Callable[[], int]
    _hours: dict[str, Hours] = field(default_factory=dict)
    _ways: dict[str, tuple[float, arrivals.Way]] = field(default_factory=dict)  # by number, and until when

    async def of_calls(
        self, provider_id: str, calls: Sequence[Call], *, with_flows: bool = False
    ) -> list[Entry | None]:
        """An entry for each call; None where the number called is nobody's. `with_flows`: the provider can ask, and
        receive faxes.
        """
        called = [canonical_phone(call.called) or call.called for call in calls]
        callers = [canonical_phone(call.caller or "") for call in calls]
        ways = await self._ways_of(called)
        found_ways = [ways.get(number) for number in called]
        of = [None if way is None or (way.is_fax and not with_flows) else way for way in found_ways]
        asking = [n for n, way in enumerate(of) if way is not None and callers[n] is not None]
        found: dict[int, list[arrivals.Known]] = {}
        if asking:
            known = await self.look_ups.known([(way.company_id, callers[n] or "") for n in asking if (way := of[n])])
            found = dict(zip(asking, known, strict=True))
        return [
            None if way is None else self._entry(provider_id, call, callers[n], way, found.get(n, []), with_flows)
            for n, (call, way) in enumerate(zip(calls, of, strict=True))
        ]

    async def _ways_of(self, called: Sequence[str]) -> dict[str, arrivals.Way]:
        """Numbers that were asked for a moment ago are not asked for again; what nobody has is never kept."""
        now = time.monotonic()
        kept = {number: at_way for number in called if (at_way := self._ways.get(number)) and at_way[0] > now}
        ways = {number: way for number, (_, way) in kept.items()}
        missing = [number for number in set(called) if number not in ways]
        if missing:
            read = await self.look_ups.ways(missing)
            if len(self._ways) >= WAYS_KEPT_MAX:
                self._ways.clear()
            self._ways |= {number: (now + WAYS_KEPT_S, way) for number, way in read.items()}
            ways |= read
        return ways

    def forget(self) -> None:
        """Something configured has changed."""
        self._ways.clear()

    def _entry(
        self,
        provider_id: str,
        call: Call,
        caller: str | None,
        way: arrivals.Way,
        customers: Sequence[arrivals.Known],
        with_flows: bool,
    ) -> Entry:
        known = [
            Address(way.company_id, customer_id, "phone", caller or "", level, source, 0)  # type: ignore[arg-type]
            for customer_id, level, source, _ in customers
        ]
        unique = identify(caller, known).unique
        value = next((v for c, _, _, v in customers if unique and c == unique.customer_id), 0)
        is_open = way.queue_id is not None and not way.queue_closed and self._is_open(way)
        has_flow = with_flows and not way.is_fax
        flow = FlowRef(way.flow_id, way.flow_version) if has_flow and way.flow_id and way.flow_version else None
        known_as = {"caller": caller or "", "called": way.address, "channel": "phone", "value": str(value)}
        known_as["known"] = "yes" if unique else "no"
        return Entry(
            contact_id=str(uuid_utils.uuid7()),
            company_id=way.company_id,
            channel="fax" if way.is_fax else "phone",
            queue_id=way.queue_id if is_open or flow or way.is_fax else None,
            fax_queue_id=way.fax_queue_id if with_flows else None,
            flow=flow,
            facts=known_as if flow else {},
            source=f"telephony:{provider_id}",
            source_id=call.leg,
            number=way.address,
            customer_id=unique.customer_id if unique else None,
            value=value,
            language=way.language,
            closed_outcome=None if is_open or flow else "closed_hours",
            # The agent reads it, and the card tells by it how sure the name is; erased with what is collected.
            collected={"from": caller or call.caller} if call.caller else {},
        )

    def _is_open(self, way: arrivals.Way) -> bool:
        if not way.hours:
            return True
        key = json.dumps(way.hours, sort_keys=True)
        hours = self._hours.get(key)
        if hours is None:
            if len(self._hours) >= HOURS_KEPT_MAX:
                self._hours.clear()
            hours = self._hours[key] = read_hours(way.hours)
        return hours.is_open(self.now_us())
