"""How long from the call to the offer? From when a contact's webhook leaves to when its offer's frame is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class OfferTimes:
    note: Callable[[float, float], None]  # (webhook sent, offer read), monotonic seconds
    _sent_s: dict[str, float] = field(default_factory=dict)
    _offered_s: dict[str, float] = field(default_factory=dict)

    def offered(self, contact_id: str, at_s: float) -> None:
        """A desk has read the offer of this contact."""
        sent_s = self._sent_s.pop(contact_id, None)
        if sent_s is None:
            self._offered_s[contact_id] = at_s  # the offer overtook the webhook's answer
        else:
            self.note(sent_s, at_s)

    def answered(self, contacts: Mapping[str, str], sent_s: float) -> None:
        """A webhook sent then has made these contacts, by leg."""
        for contact_id in contacts.values():
            offered_s = self._offered_s.pop(contact_id, None)
            if offered_s is None:
                self._sent_s[contact_id] = sent_s
            else:
                self.note(sent_s, offered_s)
