"""How does a finished contact leave the house for others to read? As a vCon (draft-ietf-vcon-vcon-core-04).

What others shall know of it and nothing that we do not have: who took part, what was said and when, what the agents
noted, what the customer told. Whoever takes it out is in the audit, and with them each sound that is inside.
"""

import asyncio
import base64
import hashlib
import json
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import acting
from app.api.fields import PathId
from app.api.problems import not_found
from app.api.vcon_dialogs import Sound
from app.api.vcon_told import Story, vcon_of
from app.problems import Problem
from app.store import agents, blobs, companies, contacts, customers, dispositions, recordings
from app.store.rows import Row

router = APIRouter(tags=["contacts"])

MEDIA_TYPE = "application/vcon"
INSIDE_BYTES_MAX = 4 * 1024 * 1024  # of all sounds of one vCon together: four minutes; the others are named by address


@router.get("/v1/contacts/{contact_id}/vcon", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {}}}})
async def export_contact(contact_id: PathId, access: Caller) -> Response:
    """A contact that is over, as a vCon. Sounds of together 4 MiB are inside, the others by their address here."""
    async with access.reading() as conn:
        story = await _read(conn, contact_id, access)
    story.sounds = await _sounds(story.recordings, access)
    async with acting(access) as act:
        company_id = story.contact["company_id"]
        await act.record("contact.exported", "contact", contact_id, company_id=company_id)
        for sound in story.sounds:
            if sound.body is not None:
                await act.record("recording.heard", "recording", sound.row["blob_id"], company_id=company_id)
    written = await asyncio.to_thread(_written, story)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{contact_id}.vcon"',
    }
    return Response(written, media_type=MEDIA_TYPE, headers=headers)


async def _read(conn: AsyncConnection, contact_id: str, access: Access) -> Story:
    contact = await contacts.read(conn, contact_id, access.companies)
    if contact is None:
        raise not_found("contact", "/contact_id", "path")
    if contact["state"] != "closed":
        raise Problem(409, "contact.still_open", "This contact is not over yet")
    if contact["direction"] == "internal":
        raise Problem(409, "contact.internal", "Calls between colleagues are not exported")
    company = await companies.read(conn, contact["company_id"])
    assert company is not None
    segments = await contacts.segments(conn, contact_id)
    customer_id = contact["customer_id"]
    customer = await customers.read(conn, customer_id, None) if customer_id is not None else None
    found = await recordings.of_contact(conn, contact_id, access.companies)
    is_erased = customer_id is not None and customer is None
    return Story(
        contact=contact,
        company=company["name"],
        customer=customer,
        is_erased=is_erased,
        addresses=await customers.addresses(conn, customer_id) if customer is not None else [],
        stays=await contacts.stays(conn, contact_id),
        segments=segments,
        events=await contacts.events(conn, contact_id, contact["domain_id"]),
        # Erased and not blank yet: gone already, but for what is held.
        recordings=[each for each in found if each["legal_hold"] or not is_erased],
        names=await agents.names(conn, {each["agent_id"] for each in segments}),
        results=await dispositions.by_id(conn, {each["disposition_id"] for each in segments} - {None}),
    )


async def _sounds(rows: list[Row], access: Access) -> list[Sound]:
    """One after the other: the sounds of a long contact would not fit into memory together."""
    base_url, room, found = access.doors.settings.base_url, INSIDE_BYTES_MAX, []
    for row in rows:
        sound = await _content(row, access)
        if sound is None:
            found.append(Sound(row))
        elif len(sound) <= room:
            room -= len(sound)
            found.append(Sound(row, await asyncio.to_thread(_hash, sound), body=await asyncio.to_thread(_coded, sound)))
        else:
            url = f"{base_url}/v1/recordings/{row['blob_id']}"
            found.append(Sound(row, await asyncio.to_thread(_hash, sound), url=url))
    return found


async def _content(row: Row, access: Access) -> bytes | None:
    """None: it is not there, or not the one that was stored."""
    if access.doors.files is None:
        return None
    async with access.reading() as conn:
        blob = await recordings.read(conn, row["blob_id"], access.companies)
    if blob is None:
        return None
    try:
        return await blobs.content(access.doors.files, blob)
    except blobs.NotWhole:
        return None


def _hash(sound: bytes) -> str:
    return f"sha512-{_coded(hashlib.sha512(sound).digest())}"


def _coded(content: bytes) -> str:
    """Base64url as in RFC 7515, section 2: without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _written(story: Story) -> bytes:
    made: dict[str, Any] = vcon_of(story)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
