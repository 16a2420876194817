"""What does a telephone provider do? It has the wires: customers' calls and agents' phones. It reports, and it obeys.

The server's commands come signed and in batches; a repeated id is the same command. What happens on the wires is
reported per leg with a number that only grows. Connected is what this provider says it is.
"""

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from standardwebhooks import Webhook, WebhookVerificationError

from floor.conversation import Conversation
from floor.faults import Faults
from floor.ledger import Ledger
from floor.listener import Answer
from floor.reporter import Reporter

REMEMBERED = 50_000  # command ids and cleared legs
UNKNOWN_SEQ = 2_147_483_647  # of a leg that this provider never had

LegState = Literal["initiated", "delivered", "established", "held", "cleared"]
REPORTED_AS: dict[LegState, str] = {
    "initiated": "ServiceInitiated",
    "delivered": "Delivered",
    "established": "Established",
    "held": "Held",
    "cleared": "ConnectionCleared",
}
Cause = Literal["normal", "busy", "no_answer", "rejected", "network", "unknown"]


class OnTheLine(Protocol):
    """Who holds the customer's end of a call."""

    def connected(self, leg: str) -> None:
        """An agent is there."""

    def cleared(self, leg: str) -> None:
        """The call is over, whoever ended it."""


@dataclass(slots=True, eq=False)
class Leg:
    ref: str
    call: int  # number of the call: its reports stay in order
    state: LegState = "initiated"
    seq: int = 0
    more: str = ""  # "from" and "to" of a customer's leg, as JSON members
    customer: OnTheLine | None = None
    conversation: Conversation = field(default_factory=Conversation)  # alone in one of its own, to begin with


class Provider:
    """`secret` signs what the server sends here. Everything runs in the loop's thread; nothing here waits."""

    def __init__(
        self, reporter: Reporter, secret: str, *, ledger: Ledger, faults: Faults | None = None, ring_s: float = 0.0
    ) -> None:
        self._reporter, self._webhook, self._ledger = reporter, Webhook(secret), ledger
        self._faults = faults or Faults()
        self._ring_s = ring_s
        self._legs: dict[str, Leg] = {}
        self._cleared: OrderedDict[str, Leg] = OrderedDict()
        self._commands: OrderedDict[str, None] = OrderedDict()
        self._run, self._calls = secrets.token_hex(4), 0
        self.dead_phones: set[str] = set()  # agents whose phone does not ring
        self._epoch = 0  # the highest that a delivery came from
        self.posts = self.commands = self.repeats = self.outdated = 0

    # --- the customers' side ------------------------------------------------------------------------------------------

    def call(self, from_: str | None, to: str, customer: OnTheLine) -> str:
        """A customer calls one of our numbers (None: withholds their own); returns the leg."""
        self._calls += 1
        more = f',"to":{json.dumps(to)}' + (f',"from":{json.dumps(from_)}' if from_ else "")
        leg = Leg(f"{self._run}-{self._calls}", self._calls, more=more, customer=customer)
        leg.conversation.add(leg)
        self._legs[leg.ref] = leg
        self._move(leg, "delivered")
        return leg.ref

    def hang_up(self, ref: str) -> None:
        """The customer is gone. Nothing happens when the call is over already."""
        leg = self._legs.get(ref)
        if leg is not None:
            self._ledger.write("left", leg=ref, state=leg.state)
            self._clear(leg, "normal")

    def hang_up_all(self) -> None:
        """Every customer is gone."""
        for leg in [leg for leg in self._legs.values() if leg.customer is not None]:
            self.hang_up(leg.ref)

    def is_up(self, ref: str) -> bool:
        return ref in self._legs

    def heard_by(self, ref: str) -> set[str]:
        """The legs that this one hears."""
        leg = self._legs.get(ref)
        return leg.conversation.heard_by(leg) if leg is not None else set()

    @property
    def live_legs(self) -> int:
        return len(self._legs)

    # --- the server's side --------------------------------------------------------------------------------------------

    def take(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """A signed POST of commands. They are carried out before it is answered."""
        try:
            told: Any = self._webhook.verify(body, dict(headers))
        except (WebhookVerificationError, ValueError):
            return 401, b'{"title":"bad signature"}'
        self.posts += 1
        if told["epoch"] < self._epoch:  # a process that stood still when another took its place
            self.outdated += 1
            return 200, b"{}"
        self._epoch = told["epoch"]
        for command in told["commands"]:
            command_id = command["id"]
            repeat = command_id in self._commands
            if self._ledger.keeps:
                self._ledger.write("command", command=command, repeat=repeat)
            if repeat:
                self.repeats += 1
                continue
            self._commands[command_id] = None
            if len(self._commands) > REMEMBERED:
                self._commands.popitem(last=False)
            self.commands += 1
            self._obey(command)
        return 200, b"{}"

    def _obey(self, command: Mapping[str, Any]) -> None:
        match command["do"]:
            case "connect":
                self._connect(command)
            case "ring":
                self._ring(self._new_leg(command["leg"]), command.get("agent"))
            case "answer":
                if leg := self._legs.get(command["leg"]):
                    self._move(leg, "established")
            case "hold":
                if (leg := self._legs.get(command["leg"])) and leg.state == "established":
                    self._move(leg, "held")
            case "retrieve":
                if (leg := self._legs.get(command["leg"])) and leg.state == "held":
                    self._move(leg, "established", "Retrieved")
            case "join":
                self._join(command["leg"], command["with"])
            case "leave":
                if leg := self._legs.get(command["leg"]):
                    self._bring_into(leg, Conversation())
            case "hang_up":
                self._hang_up_asked(command["leg"])
            case "report":
                for ref in command["legs"]:
                    self._report(ref)
            case _:
                pass  # play, collect and record change no state of a leg

    def _connect(self, command: Mapping[str, Any]) -> None:
        """Ring the agent's phone; when it is picked up both ends are established."""
        customer = self._legs.get(command["leg"])
        agent_leg = self._new_leg(command["with"], customer)
        if self._faults.silent or self._faults.strikes(self._faults.silent_share):
            return
        if customer is None:
            self._clear(agent_leg, "normal")
        elif command.get("agent") in self.dead_phones:
            self._clear(agent_leg, "no_answer")
        elif self._ring_s:
            self._move(agent_leg, "delivered")
            asyncio.get_running_loop().call_later(self._ring_s, self._bridge, customer, agent_leg)
        else:
            self._bridge(customer, agent_leg)

    def _bridge(self, customer: Leg, agent_leg: Leg) -> None:
        if agent_leg.state == "cleared":
            return
        if customer.state == "cleared":
            self._clear(agent_leg, "normal")
            return
        self._bring_into(agent_leg, customer.conversation)
        self._move(agent_leg, "established")
        self._move(customer, "established")  # also off hold
        if customer.customer is not None:
            customer.customer.connected(customer.ref)

    def _ring(self, leg: Leg, agent: str | None) -> None:
        """A phone alone: whoever picks up hears nobody until they are joined to somebody."""
        if self._faults.silent or self._faults.strikes(self._faults.silent_share):
            return
        if agent in self.dead_phones:
            self._clear(leg, "no_answer")
            return
        self._move(leg, "delivered")
        if self._ring_s:
            asyncio.get_running_loop().call_later(self._ring_s, self._pick_up, leg)
        else:
            self._pick_up(leg)

    def _pick_up(self, leg: Leg) -> None:
        if leg.state != "cleared":
            self._move(leg, "established")

    def _join(self, ref: str, with_ref: str) -> None:
        """Into the conversation in which the other is; no state of a leg changes, so nothing is reported."""
        leg, other = self._legs.get(ref), self._legs.get(with_ref)
        if leg is not None and other is not None:
            self._bring_into(leg, other.conversation)

    def _bring_into(self, leg: Leg, conversation: Conversation) -> None:
        leg.conversation.remove(leg)
        leg.conversation = conversation
        conversation.add(leg)

    def _hang_up_asked(self, ref: str) -> None:
        leg = self._legs.get(ref)
        if leg is not None:
            self._clear(leg, "normal")
        else:
            self._report(ref)

    def _new_leg(self, ref: str, of_call: Leg | None = None) -> Leg:
        self._calls += of_call is None
        leg = Leg(ref, of_call.call if of_call else self._calls)
        leg.conversation.add(leg)
        self._legs[ref] = leg
        return leg

    # --- what is reported ---------------------------------------------------------------------------------------------

    def _move(self, leg: Leg, state: LegState, event: str | None = None) -> None:
        leg.state = state
        leg.seq += 1
        self._tell(leg, event or REPORTED_AS[state])

    def _clear(self, leg: Leg, cause: Cause) -> None:
        leg.state = "cleared"
        leg.conversation.remove(leg)
        leg.seq += 1
        leg.more = f',"cause":"{cause}"'
        self._legs.pop(leg.ref, None)
        self._cleared[leg.ref] = leg
        if len(self._cleared) > REMEMBERED:
            self._cleared.popitem(last=False)
        self._tell(leg, "ConnectionCleared")
        if leg.customer is not None:
            leg.customer.cleared(leg.ref)
            leg.customer = None

    def _report(self, ref: str) -> None:
        """The present state with its present number; a leg that never was is cleared for good."""
        leg = self._legs.get(ref) or self._cleared.get(ref)
        if leg is None:
            leg = Leg(ref, 0, "cleared", UNKNOWN_SEQ, ',"cause":"unknown"')
        self._tell(leg, REPORTED_AS[leg.state])

    def _tell(self, leg: Leg, event: str) -> None:
        if self._faults.silent:
            return
        more = leg.more if event in ("Delivered", "ConnectionCleared") else ""
        text = f'{{"leg":"{leg.ref}","event":"{event}","seq":{leg.seq}{more}}}'
        self._reporter.tell(text, leg.call, first=leg.seq == 1)
