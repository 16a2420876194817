"""Which recordings may the flows of a company play? Uploaded as WAVE files, each by a name and in a language."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, StringConstraints

from app.api.access import Caller
from app.api.acts import Act, acting, new_id
from app.api.bounds import WAVE_TYPES
from app.api.fields import CompanyPageQuery, Given, Id, PathId, Shown, sure_ms
from app.api.pages import Page, page_of
from app.api.problems import invalid, not_found
from app.problems import Problem
from app.store import blobs, companies, prompts
from app.store.blobs import NewBlob
from contacts.words import DAY_US
from ivr.node import Language
from ivr.spoken import FILE
from ivr.wave_file import NotPlayable, Sound, read_wave

router = APIRouter(prefix="/v1/prompts", tags=["flows"])

PROMPTS_MAX = 2_000  # of one company
_BODY = {
    "required": True,
    "content": {WAVE_TYPES[0]: {"schema": {"type": "string", "format": "binary", "maxLength": 2 * 1_048_576}}},
}


class PromptNamed(Given):
    """As a flow calls it: `{en: {file: NAME}}`."""

    model_config = ConfigDict(extra="forbid", strict=False)

    company_id: Id
    name: Annotated[str, StringConstraints(pattern=FILE)]
    language: Language


class PromptShown(Shown):
    id: Id
    company_id: Id
    name: str
    language: str
    rate: int
    length_ms: int
    created_ms: int


def _shown(row: Mapping[str, Any]) -> PromptShown:
    names = ("id", "company_id", "name", "language", "rate", "length_ms")
    return PromptShown(**{name: row[name] for name in names}, created_ms=sure_ms(row["created_at"]))


@router.get("")
async def list_prompts(page: CompanyPageQuery, access: Caller) -> Page[PromptShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        return page_of(await prompts.page(conn, company_ids, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201, openapi_extra={"requestBody": _BODY})
async def create_prompt(named: Annotated[PromptNamed, Query()], request: Request, access: Caller) -> PromptShown:
    """The body is the file: RIFF WAVE, PCM of 16 bits, one channel, 8 or 16 kHz. One of the same name and language
    takes the place of that which is there: calls hear it from then on.
    """
    access.require_company(named.company_id, "query")
    content = await request.body()
    sound = _playable(content)
    async with access.reading() as conn:
        if await companies.read(conn, named.company_id) is None:
            raise not_found("company", "/company_id", "query")
    # Until its name is committed it is one that goes by itself: nothing is left of a process that dies between.
    tomorrow_us = time.time_ns() // 1000 + DAY_US
    kept = NewBlob(new_id(), named.company_id, "prompt", WAVE_TYPES[0], "prompt", delete_after_us=tomorrow_us)
    assert access.doors.files is not None, "every process has a place for files"
    await blobs.store(access.doors.database.engine, access.doors.files, kept, content)
    async with acting(access) as act:
        return _shown(await _put(act, named, kept.id, sound))


def _playable(content: bytes) -> Sound:
    try:
        return read_wave(content)
    except NotPlayable as wrong:
        raise invalid("", str(wrong), "prompt.not_playable") from None


async def _put(act: Act, named: PromptNamed, blob_id: str, sound: Sound) -> Mapping[str, Any]:
    before = await prompts.lock_named(act.conn, named.company_id, named.name, named.language)
    if before is not None:
        await _take_away(act, before)
    elif await prompts.count(act.conn, named.company_id) >= PROMPTS_MAX:
        raise Problem(409, "prompt.too_many", f"The company has {PROMPTS_MAX} recordings already")
    await blobs.keep_until(act.conn, blob_id, None)
    values = {**named.model_dump(), "blob_id": blob_id, "rate": sound.rate, "length_ms": sound.length_ms}
    row = await prompts.add(act.conn, {"id": new_id(), **values})
    action = "prompt.created" if before is None else "prompt.replaced"
    await act.record(action, "prompt", row["id"], company_id=row["company_id"], after=values)
    return row


async def _take_away(act: Act, row: Mapping[str, Any]) -> None:
    """Its sound goes with the next sweep."""
    await prompts.archive(act.conn, row["id"])
    await blobs.keep_until(act.conn, row["blob_id"], time.time_ns() // 1000)


@router.get("/{prompt_id}", response_class=Response, responses={200: {"content": {WAVE_TYPES[0]: {}}}})
async def read_prompt(prompt_id: PathId, access: Caller) -> Response:
    """The sound, as it was uploaded."""
    async with access.reading() as conn:
        row = await prompts.read(conn, prompt_id, access.companies)
        kept = await blobs.read(conn, row["blob_id"], access.companies) if row is not None else None
    if kept is None or access.doors.files is None:
        raise not_found("prompt", "/prompt_id", "path")
    try:
        sound = await blobs.content(access.doors.files, kept)
    except blobs.NotWhole:
        raise not_found("prompt", "/prompt_id", "path") from None
    return Response(sound, media_type=WAVE_TYPES[0], headers={"Cache-Control": "private, no-store"})


@router.delete("/{prompt_id}", status_code=204)
async def delete_prompt(prompt_id: PathId, access: Caller) -> None:
    """Flows that name it go on by `failure`."""
    async with acting(access) as act:
        row = await prompts.lock(act.conn, prompt_id, access.companies)
        if row is None:
            raise not_found("prompt", "/prompt_id", "path")
        await _take_away(act, row)
        await act.record("prompt.deleted", "prompt", prompt_id, company_id=row["company_id"])
