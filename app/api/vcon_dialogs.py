"""What was said, as dialogs of a vCon (draft-ietf-vcon-vcon-core-04, section 4.3)?

Each part of a recording is one, at its own instant; what an agent had with the customer and nobody recorded is one
without content. A try that never came to a conversation is `incomplete`, and each way from one agent on to the next is
a `transfer`. Of the draft's types these are what readers of all its versions since -01 know: its `recording-set` came
with -04, and they refuse it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from app.api.vcon_talks import Talk, during, holds_of, is_put_through, talks_of, those_who_had
from app.store.rows import Row
from contacts.words import SECOND_US, WRITTEN

SOUND, TEXT = "audio/x-wav", "text/plain"  # as the draft calls them; said of what has no content, too: readers want it

# Why there was no conversation, in the draft's words. Whoever left a message did so in a contact of its own.
_DISPOSITIONS = {"abandoned": "hung-up", "cleared": "hung-up", "failed": "failed"}
_OTHERWISE = "no-answer"


@dataclass(frozen=True, slots=True)
class Sound:
    """A part of a recording; without a hash there is no sound of it any more, or not yet."""

    row: Row
    content_hash: str | None = None
    body: str | None = None  # base64url
    url: str | None = None  # where a sound lies that is too long to be inside


@dataclass(slots=True)
class Parties:
    """Who is the customer, which queue and which agent, by their place among the parties; the customer is the first."""

    queues: Mapping[str, int]
    agents: Mapping[str, int]
    customer: int = 0

    def in_order(self, others: Sequence[int], direction: str) -> list[int]:
        """Whoever called is the first."""
        found = list(dict.fromkeys(others))
        return [*found, self.customer] if direction == "out" else [self.customer, *found]


@dataclass(slots=True)
class Dialogs:
    """Those of one contact, as they are added. `of_segment`: which of them tell what an agent had with the customer."""

    contact: Row
    stays: Sequence[Row]
    events: Sequence[Row]
    talks: Sequence[Talk]
    parties: Parties
    items: list[dict[str, Any]] = field(default_factory=list)
    of_segment: dict[str, list[int]] = field(default_factory=dict)

    def add(self, kind: str, began_us: int, **more: Any) -> int:
        about = {"type": kind, "start": instant(began_us), "interaction_id": self.contact["id"]}
        self.items.append(about | {name: value for name, value in more.items() if value is not None})
        return len(self.items) - 1

    def between(self, *others: int) -> list[int]:
        return self.parties.in_order(others, self.contact["direction"])

    # --- conversations ------------------------------------------------------------------------------------------------

    def converse(self, since_us: int, talk: Talk, sounds: Sequence[Sound]) -> None:
        parts = [self.recorded(each) for each in sounds] or [self.unrecorded(since_us, talk)]
        self.of_segment[talk.segment_id] = parts
        begins = [since_us, *(each.row["began_at"] for each in sounds[1:]), talk.ended_us + 1]
        history = self.history(since_us, talk)
        for part, (from_us, to_us) in zip(parts, pairwise(begins), strict=True):
            told = [about for at_us, about in history if from_us <= at_us < to_us]
            self.items[part] |= {"party_history": told} if told else {}

    def recorded(self, sound: Sound) -> int:
        row = sound.row
        began_us, length_us = row["began_at"], row["length_ms"] * 1000
        # A message: nobody but the customer speaks.
        agents = self.there(began_us, began_us + length_us) if row["kind"] == "call" else []
        return self.add(
            "recording", began_us, duration=seconds(length_us), parties=self.between(*agents), mediatype=SOUND,
            filename=f"part-{row['part']}.wav" if sound.content_hash is not None else None,
            body=sound.body, encoding="base64url" if sound.body is not None else None, url=sound.url,
            content_hash=sound.content_hash,
        )  # fmt: skip

    def unrecorded(self, since_us: int, talk: Talk) -> int:
        kind, media = ("text", TEXT) if self.contact["channel"] in WRITTEN else ("recording", SOUND)
        agents = self.there(since_us, talk.ended_us)
        lasted = seconds(talk.ended_us - since_us)
        return self.add(kind, since_us, duration=lasted, parties=self.between(*agents), mediatype=media)

    def there(self, from_us: int, to_us: int) -> list[int]:
        """Agents on the line with the customer at some time of it."""
        return [self.parties.agents[talk.agent_id] for talk in during(self.talks, from_us, to_us)]

    def history(self, since_us: int, talk: Talk) -> list[tuple[int, dict[str, Any]]]:
        """Who came and went, and when the customer was held; each with its instant."""
        told: list[tuple[int, int, str]] = [(since_us, self.parties.customer, "join")]
        for each in during(self.talks, since_us, talk.ended_us):
            agent = self.parties.agents[each.agent_id]
            told += [(max(since_us, each.began_us), agent, "join"), (min(each.ended_us, talk.ended_us), agent, "drop")]
        told += [(at_us, self.parties.customer, word) for at_us, word in holds_of(talk.segment_id, self.events)]
        return [
            (at_us, {"party": party, "time": instant(at_us), "event": word})
            for at_us, party, word in sorted(told, key=lambda each: each[0])
            if since_us <= at_us <= talk.ended_us
        ]

    # --- without a conversation ---------------------------------------------------------------------------------------

    def left_alone(self, since_us: int, stay: Row | None) -> int:
        """Nobody spoke with the customer from then on; `stay`: the wait in which they were at the end."""
        queues = [] if stay is None else [self.parties.queues[stay["queue_id"]]]
        return self.add(
            "incomplete", since_us, duration=seconds(self.contact["closed_at"] - since_us),
            parties=self.between(*queues), disposition=_disposition(self.contact),
        )  # fmt: skip

    # --- from one to the next -----------------------------------------------------------------------------------------

    def transferred(self, at_us: int, to: int, target_dialog: int, last: Talk, consultation: int | None = None) -> None:
        self.add(
            "transfer", at_us, transferee=self.parties.customer, transferor=self.parties.agents[last.agent_id],
            transfer_target=to, original=self.of_segment[last.segment_id][-1], consultation=consultation,
            target_dialog=target_dialog,
        )  # fmt: skip

    def asked(self, asking: Talk, talk: Talk) -> int | None:
        """A colleague's advice before they took over: nobody records it."""
        if talk.asked_us is None:
            return None
        both, lasted = [self.parties.agents[each.agent_id] for each in (asking, talk)], talk.began_us - talk.asked_us
        return self.add("recording", talk.asked_us, duration=seconds(lasted), parties=both, mediatype=SOUND)


def dialogs_of(
    contact: Row,
    stays: Sequence[Row],
    segments: Sequence[Row],
    events: Sequence[Row],
    sounds: Sequence[Sound],
    parties: Parties,
) -> Dialogs:
    """Of a contact that is closed."""
    talks = talks_of(segments, events, contact["closed_at"])
    made = Dialogs(contact, stays, events, talks, parties)
    had = those_who_had(talks)
    mine = {talk.segment_id for _, talk in had}
    for since_us, talk in had:
        made.converse(since_us, talk, [each for each in sounds if each.row["segment_id"] == talk.segment_id])
    for sound in sounds:
        if sound.row["segment_id"] not in mine:
            made.recorded(sound)
    _tell_rest(made, had)
    return made


def _tell_rest(made: Dialogs, had: Sequence[tuple[int, Talk]]) -> None:
    for (_, last), (since_us, talk) in pairwise(had):
        if talk.asked_us is not None or is_put_through(talk.stay_id, made.events):
            target, agent = made.of_segment[talk.segment_id][0], made.parties.agents[talk.agent_id]
            made.transferred(since_us, agent, target, last, made.asked(last, talk))
    last_wait = made.stays[-1] if made.stays else None
    unserved = last_wait is not None and last_wait["id"] not in {talk.stay_id for talk in made.talks}
    if not made.items:
        made.left_alone(made.contact["arrived_at"], last_wait)
    elif had and last_wait is not None and unserved and last_wait["queued_at"] >= had[-1][0]:
        alone = made.left_alone(last_wait["queued_at"], last_wait)
        if is_put_through(last_wait["id"], made.events):
            queue = made.parties.queues[last_wait["queue_id"]]
            made.transferred(last_wait["queued_at"], queue, alone, had[-1][1])


def _disposition(contact: Row) -> str:
    if contact["direction"] == "out":
        return _OTHERWISE
    return _DISPOSITIONS.get(contact["outcome"], _OTHERWISE)


def instant(at_us: int) -> str:
    """RFC 3339, and without a fraction where there is none (RFC 8620, section 1.4)."""
    at = datetime.fromtimestamp(at_us // 1000 / 1000, UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def seconds(length_us: int) -> float:
    return round(max(0, length_us) / SECOND_US, 3)
