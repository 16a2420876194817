"""Do chats, mails and faxes tell the same story: what was written and acknowledged, what reached whom, what is kept?

Part of tests/audit.py, and like it without anything of the product: the rules are of docs/chat.md, mail.md, fax.md.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
Finding = tuple[str, str, dict[str, Any]]  # kind, what, ids

SENDS_MAX = 2  # once, and once more where nobody knows what came of it

QUERIES = {
    "messages": "SELECT contact_id::text, n, sender, body, client_id FROM contact_message ORDER BY contact_id, n",
    "joins": "SELECT contact_id::text, data ->> 'mail_id' AS mail, (extract(epoch FROM at) * 1000000)::bigint AS at_us "
    "FROM event WHERE kind = 'mail.received' AND data ->> 'joined' = 'true' AND contact_id IS NOT NULL",
    "mails": "SELECT id::text, contact_id::text, thread_id::text, direction, kind, state, message_id, sends FROM mail",
    "faxes": "SELECT fax.contact_id::text, fax.direction, fax.pages, blob.sha256, blob.state FROM fax "
    "JOIN blob ON blob.id = fax.blob_id",
}


@dataclass(slots=True)
class Written:
    facts: Sequence[Row]
    contacts: Mapping[str, Row]
    segments: Sequence[Row]
    messages: Sequence[Row]
    mails: Sequence[Row]
    faxes: Sequence[Row]
    drained: bool
    joins: Sequence[Row] = ()  # mails that became part of a contact that was there
    stays: Sequence[Row] = ()

    def of(self, what: str) -> list[Row]:
        return [fact for fact in self.facts if fact["what"] == what]

    def sources(self) -> set[str]:
        """Under which names contacts may be there."""
        sent = {fact["message_id"] for fact in self.of("mail_sent")}
        mails = {row["id"] for row in self.mails if row["direction"] == "in" and row["message_id"] in sent}
        return {fact["id"] for fact in (*self.of("chat_sent"), *self.of("fax_sent"))} | mails

    def findings(self) -> Iterator[Finding]:
        yield from self.chats_begun()
        yield from self.messages_kept()
        yield from self.messages_heard()
        yield from self.mails_taken()
        yield from self.mails_seen()
        yield from self.threads()
        yield from self.mails_sent()
        yield from self.faxes_taken()

    # --- chats --------------------------------------------------------------------------------------------------------

    def chats_begun(self) -> Iterator[Finding]:
        for fact in self.of("chat_taken"):
            row = self.contacts.get(fact["contact"] or "")
            if fact["contact"] is not None and (row is None or row["source_id"] != fact["id"]):
                yield "lost", "a chat that was acknowledged", {"contact": fact["contact"], "id": fact["id"]}
        for fact in self.of("gave_up"):
            yield "stuck", "a visitor who never heard of an end", {"contact": fact["contact"]}

    def by_chat(self) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = defaultdict(list)
        for row in self.messages:
            rows[row["contact_id"]].append(row)
        return rows

    def messages_kept(self) -> Iterator[Finding]:
        """Each acknowledged message once, under its number; numbers without gaps; one writer's in their order."""
        said = {(fact["side"], fact["contact"], fact["id"]): fact for fact in self.of("said")}
        order = {key: place for place, key in enumerate(said)}
        kept: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for contact_id, rows in self.by_chat().items():
            if [row["n"] for row in rows] != list(range(1, len(rows) + 1)):
                yield "out_of_order", "a gap in the numbers of a chat", {"contact": contact_id}
            places: dict[str, int] = {}
            for row in rows:
                key = (row["sender"], contact_id, row["client_id"])
                kept[key].append(row)
                if row["sender"] == "system":
                    continue
                if key not in said or said[key]["body"] != row["body"]:
                    yield "invented", "a message that nobody wrote", {"contact": contact_id, "n": row["n"]}
                elif row["sender"] == "customer":
                    if order[key] < places.get("customer", -1):
                        yield "out_of_order", "a message before an earlier one", {"contact": contact_id, "n": row["n"]}
                    places["customer"] = order[key]
        for key, rows in kept.items():
            if len(rows) > 1 and key[2] is not None:
                yield "doubled", "a message", {"contact": key[1], "id": key[2]}
        for fact in self.of("said_done"):
            there = kept.get((fact["side"], fact["contact"], fact["id"]), [])
            if not any(row["n"] == fact["n"] for row in there):
                yield "lost", "an acknowledged message", {"contact": fact["contact"], "id": fact["id"], "n": fact["n"]}

    def messages_heard(self) -> Iterator[Finding]:
        """Whoever listens hears each message once, in its order; at the end all of them."""
        rows = self.by_chat()
        heard: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for fact in self.of("heard"):
            heard[fact["contact"], fact["by"]] += fact["items"]
        for (contact_id, by), items in heard.items():
            if [item["n"] for item in items] != list(range(1, len(items) + 1)):
                numbers = [item["n"] for item in items]
                yield "out_of_order", "heard twice, or with a gap", {"contact": contact_id, "by": by, "n": numbers}
            there = {row["n"]: (row["sender"], row["body"]) for row in rows.get(contact_id, ())}
            for item in items:
                if there.get(item["n"]) != (item["sender"], item["body"]):
                    yield "invented", "heard, and not kept so", {"contact": contact_id, "by": by, "n": item["n"]}
        if not self.drained:
            return
        last = {row["contact_id"]: row["id"] for row in sorted(self.segments, key=lambda row: row["connected_us"] or 0)
                if row["connected_us"] is not None and row["state"] == "done"}  # fmt: skip
        for fact in self.of("chat_taken"):
            contact_id = fact["contact"]
            if contact_id is None:
                continue
            listeners = {"the visitor": fact["id"], "the agent": last.get(contact_id)}
            for who, by in listeners.items():
                missing = len(rows.get(contact_id, ())) - len({item["n"] for item in heard.get((contact_id, by), ())})
                if by is not None and missing > 0:
                    yield "lost", f"{missing} messages that never reached {who}", {"contact": contact_id, "by": by}

    # --- mails --------------------------------------------------------------------------------------------------------

    def by_message_id(self, direction: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.mails:
            if row["direction"] == direction:
                found[row["message_id"]].append(row)
        return found

    def mails_taken(self) -> Iterator[Finding]:
        """What was acknowledged by 250 is one mail, of one contact."""
        came, sent = self.by_message_id("in"), {fact["message_id"] for fact in self.of("mail_sent")}
        for fact in self.of("mail_refused"):
            yield "lost", "a mail that was refused", {"message_id": fact["message_id"], "code": fact["code"]}
        for message_id in {fact["message_id"] for fact in self.of("mail_taken")}:
            rows = came.get(message_id, [])
            if not any(row["state"] == "delivered" and row["contact_id"] in self.contacts for row in rows):
                yield "lost", "an acknowledged mail", {"message_id": message_id}
        own = {row["source_id"]: row["id"] for row in self.contacts.values() if row["source"].startswith("mail:")}
        of_contact = Counter(row["contact_id"] for row in self.mails if row["direction"] == "in")
        for message_id, rows in came.items():
            if message_id not in sent:
                yield "invented", "a mail that nobody sent", {"message_id": message_id}
            if len(rows) > 1:
                yield "doubled", "a mail", {"message_id": message_id}
            for row in rows:
                if own.get(row["id"], row["contact_id"]) != row["contact_id"]:
                    yield "doubled", "a mail of two contacts", {"message_id": message_id}
                elif row["id"] not in own and row["contact_id"] and of_contact[row["contact_id"]] < 2:
                    yield "invented", "a mail at a contact that is none of its own", {"message_id": message_id}

    def mails_seen(self) -> Iterator[Finding]:
        """A mail that became part of a contact found somebody in conversation with it, or it waited and so was offered.

        Whoever only wraps it up reads no more. Machines' answers are shown there, and nobody has to see them.
        """
        people = {row["id"] for row in self.mails if row["direction"] == "in" and row["kind"] == "message"}
        last_us: dict[str, float] = defaultdict(float)  # by contact: until when it waited or was talked about
        for row in self.stays:
            last_us[row["contact_id"]] = max(last_us[row["contact_id"]], row["ended_us"] or math.inf)
        for row in self.segments:
            if row["connected_us"] is not None:
                last_us[row["contact_id"]] = max(last_us[row["contact_id"]], row["ended_us"] or math.inf)
        for join in self.joins:
            if join["mail"] in people and join["at_us"] > last_us[join["contact_id"]]:
                yield "lost", "a mail that nobody was shown", {"mail": join["mail"], "contact": join["contact_id"]}

    def threads(self) -> Iterator[Finding]:
        """An answer to a mail of the company is in its thread, and no two customers are in one."""
        came, went = self.by_message_id("in"), self.by_message_id("out")
        people: dict[str, set[str]] = defaultdict(set)
        for fact in self.of("mail_sent"):
            for row in came.get(fact["message_id"], ()):
                people[row["thread_id"]].add(fact["sender"])
                answered = went.get(fact["answers"] or "", ())
                if fact["answers"] is not None and row["thread_id"] not in {each["thread_id"] for each in answered}:
                    yield "lost", "an answer that is not in its thread", {"message_id": fact["message_id"]}
        for thread_id, senders in people.items():
            if len(senders) > 1:
                yield "invented", "strangers in one thread", {"thread": thread_id, "people": len(senders)}

    def mails_sent(self) -> Iterator[Finding]:
        """One Message-ID at the receiver is one row; what is sent arrived; again only where nobody knew."""
        went, by_id = self.by_message_id("out"), {row["id"]: row for row in self.mails}
        arrived = Counter(fact["message_id"] for fact in self.of("mail_arrived"))
        asked = Counter(fact["contact"] for fact in self.of("mail_asked"))
        for fact in self.of("mail_made"):
            if fact["status"] == 201 and fact["mail"] not in by_id:
                yield "lost", "a mail of an agent that was acknowledged", {"mail": fact["mail"]}
            elif fact["status"] == 201 and self.drained and by_id[fact["mail"]]["state"] in ("kept", "sending"):
                yield "stuck", "a mail of an agent", {"mail": fact["mail"], "state": by_id[fact["mail"]]["state"]}
        for message_id, times in arrived.items():
            rows = went.get(message_id, [])
            if len(rows) != 1:
                yield "invented", "a mail that arrived and is no row", {"message_id": message_id, "rows": len(rows)}
            elif times > min(rows[0]["sends"], SENDS_MAX):
                yield "doubled", "a mail that arrived more often than it was begun", {"mail": rows[0]["id"]}
        written = Counter(row["contact_id"] for row in self.mails if row["direction"] == "out" and row["sends"] > 0)
        for contact_id, times in written.items():
            if times > asked[contact_id]:
                yield "doubled", "more mails than an agent wrote", {"contact": contact_id, "times": times}
        for row in self.mails:
            if row["direction"] == "out" and row["state"] == "sent" and arrived[row["message_id"]] == 0:
                yield "lost", "a mail that is sent and never arrived", {"mail": row["id"]}

    # --- faxes --------------------------------------------------------------------------------------------------------

    def faxes_taken(self) -> Iterator[Finding]:
        """What was acknowledged is one contact with the very pages."""
        sent = {fact["id"]: fact for fact in self.of("fax_sent")}
        pages: dict[str, list[Row]] = defaultdict(list)
        for row in self.faxes:
            pages[row["contact_id"]].append(row)
        contacts: dict[str, set[str]] = defaultdict(set)
        for fact in self.of("fax_taken"):
            if fact["status"] >= 300:
                yield "lost", "a fax that was refused", {"id": fact["id"], "status": fact["status"]}
                continue
            contacts[fact["id"]].add(fact["contact"])
            rows, wanted = pages.get(fact["contact"], []), sent[fact["id"]]
            row = self.contacts.get(fact["contact"])
            if row is None or row["source_id"] != fact["id"]:
                yield "lost", "a fax that was acknowledged", {"id": fact["id"], "contact": fact["contact"]}
            found = [(each["sha256"], each["pages"], each["state"]) for each in rows]
            if found != [(wanted["sha256"], wanted["pages"], "stored")]:
                yield "lost", "the pages of a fax", {"id": fact["id"], "contact": fact["contact"], "pages": len(rows)}
        for id_, several in contacts.items():
            if len(several) > 1:
                yield "doubled", "a fax", {"id": id_, "contacts": sorted(several)}
