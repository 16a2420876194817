"""Which Asterisks do we control over ARI, and how is each of them?"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import StringConstraints

from app.api.access import Access, Caller
from app.api.acts import DOMAIN_ID, acting, new_id
from app.api.fields import Given, Id, Name, PageQuery, PathId, Shown, SocketUrl, Url, Version, sure_ms, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import not_found
from app.seals import seal
from app.store import asterisks

router = APIRouter(prefix="/v1/asterisks", tags=["telephony"])

Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[!-~]+$")]


DialOut = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9]+/[!-~]*\{number\}[!-~]*$")]


class NewAsterisk(Given):
    """`url`: of ARI, as `http://pbx:8088/ari`. `application`: as the dialplan's Stasis() names it.

    `dial_out`: the way to a number outside, as `PJSIP/{number}@trunk`; without it nobody is called.
    `sip_socket`: where the agents' browsers reach its WebRTC, as `wss://pbx.example/ws`; without it no softphones.
    """

    name: Name
    url: Url
    username: Word
    password: Password
    application: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "jackfield"
    sip_socket: SocketUrl | None = None
    dial_out: DialOut | None = None


class AsteriskChange(Given):
    version: Version
    name: Name = untouched()
    url: Url = untouched()
    username: Word = untouched()
    password: Password = untouched()
    sip_socket: SocketUrl | None = untouched()
    dial_out: DialOut | None = untouched()


class AsteriskShown(Shown):
    """`trouble`: `connecting`, `absent`, `access` (user or password), `refused`; null: connected, or not known here,
    where another process holds the connection. The password is never shown.
    """

    id: Id
    name: str
    url: str
    username: str
    application: str
    sip_socket: str | None
    dial_out: str | None
    created_ms: int
    version: int
    trouble: str | None
    asterisk_version: str | None
    unknown_numbers: int | None
    standing_phones: int | None


def _shown(row: Mapping[str, Any], access: Access) -> AsteriskShown:
    names = ("id", "name", "url", "username", "application", "sip_socket", "dial_out", "version")
    state = access.doors.exchanges().get(row["id"], {})
    return AsteriskShown(
        **{name: row[name] for name in names},
        created_ms=sure_ms(row["created_at"]),
        trouble=state.get("trouble"),
        asterisk_version=state.get("version") or None,
        unknown_numbers=state.get("unknown_numbers"),
        standing_phones=state.get("standing_phones"),
    )


@router.get("")
async def list_asterisks(page: PageQuery, access: Caller) -> Page[AsteriskShown]:
    async with access.reading() as conn:
        return page_of(await asterisks.page(conn, page.after, page.limit), page.limit, lambda row: _shown(row, access))


@router.post("", status_code=201)
async def create_asterisk(body: NewAsterisk, access: Caller) -> AsteriskShown:
    fields = body.model_dump(exclude={"password"})
    sealed = seal(access.porter.signing_key, body.password)
    async with acting(access) as act:
        row = await asterisks.add(act.conn, {"id": new_id(), "domain_id": DOMAIN_ID, "sealed": sealed, **fields})
        await act.record("asterisk.created", "asterisk", row["id"], after=fields)
    return _shown(row, access)


@router.get("/{asterisk_id}")
async def read_asterisk(asterisk_id: PathId, access: Caller) -> AsteriskShown:
    async with access.reading() as conn:
        row = await asterisks.read(conn, asterisk_id)
    if row is None:
        raise not_found("asterisk", "/asterisk_id", "path")
    return _shown(row, access)


@router.patch("/{asterisk_id}")
async def change_asterisk(asterisk_id: PathId, body: AsteriskChange, access: Caller) -> AsteriskShown:
    """Calls go on; the connection is made anew."""
    async with acting(access) as act:
        before = await asterisks.lock(act.conn, asterisk_id)
        if before is None:
            raise not_found("asterisk", "/asterisk_id", "path")
        require_current(before, body.version, _shown(before, access))
        fields = changed_fields(body)
        password = fields.pop("password", None)
        kept = fields if password is None else {**fields, "sealed": seal(access.porter.signing_key, password)}
        row = await asterisks.change(act.conn, asterisk_id, kept)
        await act.record(
            "asterisk.changed", "asterisk", asterisk_id, before=before, after=fields,
            more={} if password is None else {"password": "changed"},
        )  # fmt: skip
    return _shown(row, access)


@router.delete("/{asterisk_id}", status_code=204)
async def delete_asterisk(asterisk_id: PathId, access: Caller) -> None:
    async with acting(access) as act:
        if await asterisks.lock(act.conn, asterisk_id) is None:
            raise not_found("asterisk", "/asterisk_id", "path")
        await asterisks.archive(act.conn, asterisk_id)
        await act.record("asterisk.deleted", "asterisk", asterisk_id)
