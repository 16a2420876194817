"""How does a telephone system speak to us, and we to it? Generic signed webhooks both ways, in the words of CSTA.

In: one webhook is one command, its webhook-id is the command's id. Out: effects as commands of a
closed vocabulary, at most 64 a POST; the provider takes a repeated id as the same command.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from app import commands as c
from app.commands import Call
from app.ports import Deliver, NoWriter, Taken
from app.problems import MEDIA_TYPE
from app.signatures import BadSignature, sign, verify
from contacts.leg import CstaEvent

BODY_BYTES_MAX = 65_536
EVENTS_MAX = 64
COMMANDS_MAX = 64
REFUSED = frozenset({400, 409, 413, 422})  # of what was sent; any other failure may pass, a secret being changed too

Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
Address = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[ -~]+$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class LegEvent(Message):
    leg: Word
    event: CstaEvent
    seq: int = Field(ge=1, le=2**31 - 1)
    caller: Address | None = Field(None, alias="from")
    called: Address | None = Field(None, alias="to")
    cause: Word | None = None


class Phone(Message):
    agent: Uuid
    up: bool


class EffectOutcome(Message):
    id: Uuid
    outcome: str = Field(pattern="^(done|failed)$")


class Webhook(Message):
    events: tuple[LegEvent, ...] = Field((), max_length=EVENTS_MAX)
    phones: tuple[Phone, ...] = Field((), max_length=5_000)
    effects: tuple[EffectOutcome, ...] = Field((), max_length=EVENTS_MAX)


@dataclass(frozen=True, slots=True)
class Provider:
    id: str
    company_id: str | None  # None: the operator's, for all companies
    command_url: str
    secrets_in: Sequence[str]
    secrets_out: Sequence[str]


@dataclass(slots=True)
class Telephony:
    """`find` knows providers, `look_up` callers, `store_inbox` keeps what no writer took."""

    deliver: Deliver
    find: Callable[[str], Awaitable[Provider | None]]
    look_up: Callable[[str, Sequence[Call]], Awaitable[list[c.Entry | None]]]
    store_inbox: Callable[[str, str, bytes], Awaitable[None]]
    post: Callable[[str, str, bytes, Mapping[str, str]], Awaitable[int | None]]  # the status, or None: nobody answered
    epoch: Callable[[], int] = lambda: 0  # of the writer who sends

    # --- in -----------------------------------------------------------------------------------------------------------

    def router(self) -> APIRouter:
        router = APIRouter(tags=["telephony"])
        router.add_api_route(
            "/telephony/{provider_id}/events",
            self.receive,
            methods=["POST"],
            name="receive_telephony_events",
            operation_id="receive_telephony_events",
            status_code=200,
            openapi_extra={
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": _schema()}},
                }
            },
        )
        return router

    async def receive(self, request: Request, provider_id: str) -> Response:
        """The hot door: no body model and no Depends, which would cost more than all the rest (design.md)."""
        provider = await self.find(provider_id)
        if provider is None:
            return _problem(c.problem(404, "provider.unknown", field="provider_id"))
        body = await _read(request)
        if body is None:
            return _problem(c.problem(413, "body.too_large"))
        try:
            delivery_id = verify(provider.secrets_in, request.headers, body)
        except BadSignature as bad:
            return _problem(c.problem(401, "webhook.signature", field="webhook-signature", detail=str(bad)))
        if not 1 <= len(delivery_id) <= 64:
            return _problem(c.problem(422, "webhook.id", field="webhook-id"))
        return await self.take(provider, delivery_id, body)

    async def take(self, provider: Provider, delivery_id: str, body: bytes) -> Response:
        """A verified delivery: from the door, or from the inbox where it waited for a writer."""
        try:
            webhook = Webhook.model_validate_json(body)
        except ValidationError as bad:
            error = bad.errors(include_url=False, include_input=False, include_context=False)[0]
            return _problem(c.problem(422, "webhook.malformed", field=_pointer(error["loc"]), detail=error["msg"]))
        command = await self._command(provider, webhook)
        if isinstance(command, c.Reply):
            return _problem(command)
        principal = f"provider:{provider.id}"
        envelope = c.Envelope(principal, delivery_id, c.hash_of(body), command, "provider")
        try:
            reply = await self.deliver(envelope)
        except NoWriter:
            await self.store_inbox(provider.id, delivery_id, body)
            return JSONResponse({"stored": True}, 202)
        return _problem(reply) if reply.status >= 400 else JSONResponse(dict(reply.body), reply.status)

    async def _command(self, provider: Provider, webhook: Webhook) -> c.Command | c.Reply:
        told = [name for name in ("events", "phones", "effects") if getattr(webhook, name)]
        match told:
            case ["events"]:
                return await self._legs(provider, webhook)
            case ["phones"]:
                up = tuple(p.agent for p in webhook.phones if p.up)
                down = tuple(p.agent for p in webhook.phones if not p.up)
                return c.ReportPhones(provider.id, up, down, provider.company_id)
            case ["effects"]:
                done = tuple(e.id for e in webhook.effects if e.outcome == "done")
                failed = tuple(e.id for e in webhook.effects if e.outcome == "failed")
                return c.ReportEffects(done, failed, provider=provider.id)
            case []:
                return c.problem(422, "webhook.empty", field="events")
            case _:  # one webhook is one command: nothing of it may be left undone in silence
                return c.problem(422, "webhook.several", field=f"/{told[1]}")

    async def _legs(self, provider: Provider, webhook: Webhook) -> c.Command | c.Reply:
        new = [(n, e) for n, e in enumerate(webhook.events) if e.event in ("Delivered", "Established") and e.called]
        calls = [Call(e.leg, e.called or "", e.caller) for _, e in new]
        entries = await self.look_up(provider.id, calls) if calls else []
        by_index: dict[int, c.Entry] = {}
        for (n, _), entry in zip(new, entries, strict=True):
            if entry is None or provider.company_id not in (None, entry.company_id):
                return c.problem(422, "number.unknown", field=f"/events/{n}/to")
            by_index[n] = entry
        reports = tuple(
            c.LegReport(e.leg, e.event, e.seq, e.cause, by_index.get(n)) for n, e in enumerate(webhook.events)
        )
        return c.ReportLegs(provider.id, reports)

    # --- out ----------------------------------------------------------------------------------------------------------

    async def send(self, provider: Provider, commands: Sequence[Mapping[str, Any]]) -> Taken:
        """One POST of at most 64 commands. "no": try again with the same ids."""
        body = to_json({"commands": list(commands), "epoch": self.epoch()})
        headers = sign(provider.secrets_out, str(commands[0]["id"]), time.time(), body)
        headers["content-type"] = "application/json"
        status = await self.post(provider.id, provider.command_url, body, headers)
        if status in REFUSED:
            return "refused"
        return "yes" if status is not None and 200 <= status < 300 else "no"


async def _read(request: Request) -> bytes | None:
    """The body, or None when it is larger than the bound; read no further than that."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return None
    return body


def _schema() -> dict[str, Any]:
    """The webhook's JSON Schema in one piece: the document of all doors has no place for definitions of its own."""
    schema = Webhook.model_json_schema()
    named = schema.pop("$defs", {})

    def whole(part: Any) -> Any:
        if isinstance(part, list):
            return [whole(each) for each in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return whole(named[part["$ref"].rsplit("/", 1)[1]])
        return {name: whole(value) for name, value in part.items()}

    found: dict[str, Any] = whole(schema)
    return found


def _pointer(loc: Sequence[int | str]) -> str:
    return "/" + "/".join(str(part) for part in loc)


def _problem(reply: c.Reply) -> Response:
    return JSONResponse(dict(reply.body), reply.status, media_type=MEDIA_TYPE)
