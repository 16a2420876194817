"""How does what happened on an Asterisk reach the writer? As commands, in order, many at once, until it has them.

Reports of one channel keep their order, and so do those of all: what was heard stands behind what happened before it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from app import commands as c
from app.ports import NoWriter
from contacts.leg import CstaEvent

REPORTS_MAX = 64  # in one command
AGAIN_S = 0.25

log = structlog.get_logger()

Deliver = Callable[[c.Command], Awaitable[c.Reply]]  # raises NoWriter
Heard = c.ReportHeard | c.ReportFax | c.FaxTone
LookUp = Callable[[Sequence[c.Call]], Awaitable[list[c.Entry | None]]]


@dataclass(frozen=True, slots=True)
class _Said:
    report: c.LegReport
    call: c.Call | None = None  # of a channel that may be a new caller


@dataclass(slots=True)
class Reports:
    provider: str
    deliver: Deliver
    look_up: LookUp
    of_contact: Callable[[str, str | None], None]  # a channel is a contact's; None: it is no more
    unknown: Callable[[str], None]  # a channel that called a number which nobody has
    _waiting: "asyncio.Queue[_Said | Heard]" = field(default_factory=asyncio.Queue)
    _rank: int = 0

    def leg(self, ref: str, event: CstaEvent, cause: str | None = None) -> None:
        self._waiting.put_nowait(_Said(c.LegReport(ref, event, self._next_rank(), cause)))

    def caller(self, call: c.Call) -> None:
        """Somebody calls: who it may be is looked up when it is told."""
        self._waiting.put_nowait(_Said(c.LegReport(call.leg, "Delivered", self._next_rank()), call))

    def heard(self, heard: Heard) -> None:
        self._waiting.put_nowait(heard)

    def _next_rank(self) -> int:
        """They count up over all lives of ours, whatever this one knows of the others."""
        self._rank = max(self._rank + 1, time.time_ns() // 1000)
        return self._rank

    async def run(self) -> None:
        """Until cancelled. Without a writer there is nobody to tell; the next one looks at the channels itself."""
        kept: _Said | Heard | None = None
        while True:
            first, kept = kept or await self._waiting.get(), None
            said = [first] if isinstance(first, _Said) else []
            while said and not self._waiting.empty() and len(said) < REPORTS_MAX:
                following = self._waiting.get_nowait()
                if not isinstance(following, _Said):
                    kept = following
                    break
                said.append(following)
            await self._until_told(first, said)

    async def _until_told(self, first: _Said | Heard, said: Sequence[_Said]) -> None:
        while True:
            try:
                await (self._tell(said) if isinstance(first, _Said) else self.deliver(first))
                return
            except NoWriter:
                pass
            except Exception as error:  # a look-up that failed: nobody is lost for that
                log.warning("asterisk report", provider=self.provider, error=type(error).__name__)
            await asyncio.sleep(AGAIN_S)

    async def _tell(self, said: Sequence[_Said]) -> None:
        calls = [each.call for each in said if each.call is not None]
        entries = dict(zip((call.leg for call in calls), await self.look_up(calls), strict=True)) if calls else {}
        reports = []
        for each in said:
            told, entry = each.report, entries.get(each.report.leg) if each.call is not None else None
            if each.call is not None and entry is None:
                log.warning("unknown number", provider=self.provider)
                self.unknown(told.leg)
                continue
            if entry is not None:
                self.of_contact(told.leg, entry.contact_id)
            reports.append(c.LegReport(told.leg, told.event, told.seq, told.cause, entry))
        await self._deliver(reports)
        for report in reports:
            if report.event == "ConnectionCleared":
                self.of_contact(report.leg, None)

    async def _deliver(self, reports: Sequence[c.LegReport]) -> None:
        """One that cannot be stored must not take the others with it."""
        if not reports:
            return
        reply = await self.deliver(c.ReportLegs(self.provider, tuple(reports)))
        if reply.status >= 400 and len(reports) > 1:
            for report in reports:
                await self._deliver([report])
            return
        for ref, contact_id in reply.body.get("contacts", {}).items():
            self.of_contact(ref, contact_id)
