"""Which adapters and loops make up this process? The only file that knows everything."""

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from app.api import deliveries
from app.api.app import build_api
from app.api.seats import Seats
from app.api.socket_acts import supervise
from app.api.socket_door import Door
from app.api.sockets import Sockets
from app.api.visitors import Visitors
from app.arrivals import Arrivals
from app.bus.local import LocalBus
from app.bus.redis import RedisBus
from app.channels.asterisk.faxes import OurFiles
from app.channels.asterisk.prompts import as_media
from app.channels.endpoints import Endpoints
from app.channels.mail.domain_records import DomainRecords
from app.channels.posts import Posts
from app.channels.recordings import Recordings, Uploaded
from app.channels.speech import Speech
from app.channels.telephony import Telephony
from app.chat_sweep import ChatSweep
from app.clock import BusinessClock
from app.effects import Effects
from app.exchanges import Exchanges
from app.fax_files import FaxFiles
from app.follower import Follower
from app.front import Front
from app.look_ups import LookUps, ask_endpoint, find_answer, find_customer
from app.mail_door import MailDoor
from app.mail_in import MailIn
from app.mailrooms import Mailrooms
from app.phone_sockets import PhoneSockets
from app.ports import Bus, Doors, Taken
from app.providers import Phones, Providers
from app.sealed_files import SealedFiles
from app.settings import Settings
from app.store import arrivals as store_arrivals
from app.store import blobs, prompts
from app.store.asterisks import sip_sockets
from app.store.clock import read_clock
from app.store.database import Database
from app.store.faults import ConnectionLost
from app.store.files import FileBlobs
from app.store.inbox import put_delivery
from app.store.recordings import keep as keep_recording
from app.store.results import save_result
from app.store.writer import WriterSession
from app.sweeps import Sweeps
from app.switchboard import Switchboard, new_id
from contacts.effect import Effect
from contacts.records import Draft

DOMAIN_ID = 1


@dataclass(slots=True)
class Process:
    """Everything of one process, wired; processes.py runs its loops."""

    settings: Settings
    database: Database
    switchboard: Switchboard
    follower: Follower
    effects: Effects
    sockets: Sockets
    visitors: Visitors
    bus: Bus
    sweeps: Sweeps
    exchanges: Exchanges
    mailrooms: Mailrooms
    mail_door: MailDoor
    look_ups: LookUps
    endpoints: Endpoints
    clock: "FollowedClock"
    posts: Posts
    asgi: Any


def wire(settings: Settings, database_url: str) -> Process:
    """Nothing is opened before the loops run."""
    process_id = f"{socket.gethostname()[:40]}:{os.getpid()}:{new_id()[-6:]}"
    database = Database.connect(database_url, settings.database_owner_url, settings.database_connections)
    switchboard = Switchboard(DOMAIN_ID, process_id, WriterSession(database_url), lambda: _writer_clock(database))
    follower = Follower(database, DOMAIN_ID)
    bus = _bus(settings, process_id, switchboard, follower)
    clock = FollowedClock(database, switchboard)
    follower.business_us = clock.now_us
    posts = Posts(switchboard.session.may_send)
    providers = Providers(database.engine, settings.signing_key())
    arrivals = Arrivals(store_arrivals.LookUps(database.reads), clock.now_us)

    async def store_inbox(provider_id: str, delivery_id: str, body: bytes) -> None:
        async with database.engine.begin() as connection:
            await put_delivery(connection, new_id(), f"telephony:{provider_id}", delivery_id, body)

    def epoch() -> int:
        return switchboard.session.epoch

    telephony = Telephony(bus.submit, providers.find, arrivals.of_calls, store_inbox, posts.post, epoch)

    async def send(provider_id: str, commands: Sequence[Any]) -> Taken:
        provider = await providers.find(provider_id)
        return "no" if provider is None else await telephony.send(provider, commands)

    phones = Phones(database.engine)
    follower.on_config += [phones.forget, arrivals.forget]
    effects = Effects(
        send, switchboard.submit, phones.addresses, switchboard.session.may_send, lambda: switchboard.clock.now_us()
    )
    files = SealedFiles(FileBlobs(settings.blobs), settings.signing_key())
    recordings = Recordings(settings.prompts / "uploaded", partial(_find_prompt, database, files))
    speak = partial(as_media, Speech(settings.prompts), recordings)

    async def keep(effect: Effect, sound: bytes) -> None:
        await keep_recording(database.engine, files, _as_recording(effect), sound)

    kept = FaxFiles(database.engine, files)
    faxes = OurFiles(settings.faxes.resolve(), kept.keep, kept.paper, kept.sent)
    exchanges = Exchanges(database.engine, settings.signing_key(), switchboard, arrivals, phones, speak, keep, faxes)
    endpoints = Endpoints(inside=settings.endpoints_inside)
    look_ups = _look_ups(database, settings.signing_key(), endpoints, switchboard)
    records = DomainRecords(settings.name_servers)
    mail_in = MailIn(database.engine, files, settings.signing_key(), switchboard.submit, clock.now_us, records)
    mailrooms = Mailrooms(
        database.engine, settings.signing_key(), switchboard, mail_in, settings.endpoints_inside,
        settings.lmtp is not None,
    )  # fmt: skip
    mail_door = MailDoor(database.engine, switchboard, mail_in)
    _connect(switchboard, follower, effects, exchanges, mailrooms, look_ups, bus)
    visitors = Visitors(
        database.engine.execution_options(isolation_level="AUTOCOMMIT"),
        settings.signing_key(),
        bus.submit,
        follower.typing,
        clock.now_us,
    )
    follower.on_contacts.append(visitors.changed)
    doors = Doors(
        settings,
        database,
        bus.submit,
        clock.now_us,
        switchboard.beat_age_s,
        lambda: _counts(switchboard, effects, sweeps),
        exchanges.states,
        files,
        follower.look,
        mailrooms.states,
        visitors.agent_types,
    )
    api = build_api(doors, [telephony.router()])
    seats = Seats(database.engine, settings.signing_key())
    sockets = Sockets(
        feeds=follower,
        deliver=bus.submit,
        open_seat=seats.open,
        lost_sessions=seats.lost,
        scopes_now=seats.scopes,
        supervise=partial(supervise, api.state.porter),
        save_result=lambda *result: _save_result(database, *result),
        tell_heard=bus.heard,
        now_ms=lambda: clock.now_us() // 1000,
        speed=lambda: clock.speed,
        session_id=process_id,
    )
    sweeps = Sweeps(
        database, switchboard, telephony, providers, files, exchanges, ChatSweep(database, switchboard), DOMAIN_ID
    )

    async def read_sip_sockets() -> list[str]:
        async with database.engine.connect() as connection:
            return await sip_sockets(connection)

    phone_sockets = PhoneSockets(read_sip_sockets)
    asgi = Front(
        settings.web_dir, api, Door(sockets.serve), deliveries.door(telephony.receive), Door(visitors.serve),
        phone_sockets.origins,
    )  # fmt: skip
    return Process(
        settings, database, switchboard, follower, effects, sockets, visitors, bus, sweeps, exchanges, mailrooms,
        mail_door, look_ups, endpoints, clock, posts, asgi,
    )  # fmt: skip


def _look_ups(database: Database, signing_key: bytes, endpoints: Endpoints, switchboard: Switchboard) -> LookUps:
    def secrets(contact_id: str) -> Mapping[str, str]:
        return switchboard.house.secrets.get(contact_id, {}) if switchboard.house is not None else {}

    look = {
        "customer": partial(find_customer, database.engine),
        "faq": partial(find_answer, database.engine),
        "http": partial(ask_endpoint, database.engine, signing_key, endpoints),
    }
    return LookUps(switchboard.submit, look, secrets, lambda at_us: switchboard.clock.real_s_until(at_us))


async def _find_prompt(
    database: Database, files: SealedFiles, contact_id: str, name: str, language: str
) -> Uploaded | None:
    async with database.engine.connect() as connection:
        row = await prompts.of_contact(connection, contact_id, name, language)
    return None if row is None else Uploaded(row["id"], row["rate"], partial(blobs.content, files, row))


def _as_recording(effect: Effect) -> dict[str, Any]:
    """The row of what an effect brought home. It has the effect's id: brought twice it is one."""
    args = effect.args
    return {
        "blob_id": effect.id,
        "contact_id": effect.contact_id,
        "segment_id": args["segment"],
        "kind": args["kind"],
        "part": args["part"],
        "began_at": args["began_us"],
        "length_ms": round(float(args["seconds"]) * 1000),
    }


def _counts(switchboard: Switchboard, effects: Effects, sweeps: Sweeps) -> dict[str, int]:
    """For /metrics."""
    counts = {**asdict(switchboard.counts), "effects_sent": effects.sent}
    counts |= {f"sweep_{name}_runs": runs for name, runs in sweeps.runs.items()}
    return counts | {f"sweep_{name}_found": found for name, found in sweeps.counts.items()}


def _bus(settings: Settings, process_id: str, switchboard: Switchboard, follower: Follower) -> Bus:
    if settings.redis_url is None:
        return LocalBus(switchboard.submit, switchboard.heard)
    return RedisBus(
        settings.redis_url,
        DOMAIN_ID,
        process_id,
        switchboard.submit,
        switchboard.heard,
        follower.ring,
        lambda: switchboard.holding,
    )


def _connect(
    switchboard: Switchboard,
    follower: Follower,
    effects: Effects,
    exchanges: Exchanges,
    mailrooms: Mailrooms,
    look_ups: LookUps,
    bus: Bus,
) -> None:
    """Who hears of a committed turn, in this order: screens, the world, other processes."""

    def ring(_draft: Draft, _prev: int, pos: int) -> None:
        bus.ring(pos)

    switchboard.on_committed += [
        follower.committed, effects.committed, exchanges.committed, mailrooms.committed, look_ups.committed, ring,
    ]  # fmt: skip

    async def holding(holds: bool) -> None:
        if holds and switchboard.house is not None:
            effects.start(list(switchboard.house.records.effects.values()))
            look_ups.start(list(switchboard.house.records.effects.values()))
            follower.ring(switchboard.house.records.last_seq)
        elif not holds:
            await effects.stop()
            await look_ups.stop()

    switchboard.on_holding += [holding, exchanges.lines.holding, mailrooms.rooms.holding]


@dataclass(slots=True)
class FollowedClock:
    """Business time as near as a process knows it that may not be the writer."""

    database: Database
    switchboard: Switchboard
    read: BusinessClock | None = None

    @property
    def speed(self) -> int:
        return self.read.speed if self.read else self.switchboard.clock.speed

    async def start(self) -> None:
        self.read = await _read_clock(self.database)
        self.read.start()

    def now_us(self) -> int:
        if self.switchboard.holding or self.read is None:
            return self.switchboard.clock.now_us()
        return self.read.now_us()


async def _writer_clock(database: Database) -> BusinessClock:
    """Raises ConnectionLost, which the writer lives through."""
    try:
        return await _read_clock(database)
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as away:
        raise ConnectionLost(type(away).__name__) from away


async def _read_clock(database: Database) -> BusinessClock:
    async with database.engine.connect() as connection:
        speed, business_start_us, wall_start_us = await read_clock(connection, DOMAIN_ID)
    return BusinessClock(speed, business_start_us, wall_start_us)


async def _save_result(
    database: Database, segment_id: str, agent_id: str, disposition_id: str | None, note: str | None
) -> bool:
    async with database.engine.begin() as connection:
        return await save_result(connection, segment_id, agent_id, disposition_id, note)
