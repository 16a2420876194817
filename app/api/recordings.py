"""What was recorded of a contact: its parts, and the sound of each. Who listens is in the audit."""

from typing import Any

from fastapi import APIRouter, Response

from app.api.access import Caller
from app.api.acts import acting
from app.api.fields import Given, Id, PathId, Shown, sure_ms
from app.api.problems import not_found
from app.store import blobs, contacts, recordings

router = APIRouter(tags=["recordings"])


class RecordingShown(Shown):
    """`part` counts from 1 over the contact; `state`: `stored`, or `expected` and `missing` where there is no sound."""

    id: Id
    contact_id: Id
    segment_id: Id | None
    kind: str
    part: int
    began_ms: int
    length_ms: int
    state: str
    legal_hold: bool


class Recordings(Shown):
    items: list[RecordingShown]


class Hold(Given):
    legal_hold: bool


def _shown(row: Any) -> RecordingShown:
    names = ("contact_id", "segment_id", "kind", "part", "length_ms", "state", "legal_hold")
    return RecordingShown(id=row["blob_id"], began_ms=sure_ms(row["began_at"]), **{name: row[name] for name in names})


@router.get("/v1/contacts/{contact_id}/recordings")
async def list_recordings(contact_id: PathId, access: Caller) -> Recordings:
    async with access.reading() as conn:
        if await contacts.read(conn, contact_id, access.companies) is None:
            raise not_found("contact", "/contact_id", "path")
        found = await recordings.of_contact(conn, contact_id, access.companies)
    return Recordings(items=[_shown(row) for row in found])


@router.get("/v1/recordings/{recording_id}", response_class=Response, responses={200: {"content": {"audio/wav": {}}}})
async def read_recording(recording_id: PathId, access: Caller) -> Response:
    """The sound."""
    async with acting(access) as act:
        row = await recordings.read(act.conn, recording_id, access.companies)
        if row is None or access.doors.files is None:
            raise not_found("recording", "/recording_id", "path")
        await act.record("recording.heard", "recording", recording_id, company_id=row["company_id"])
    try:
        sound = await blobs.content(access.doors.files, row)
    except blobs.NotWhole:
        raise not_found("recording", "/recording_id", "path") from None
    return Response(sound, media_type="audio/wav", headers={"Cache-Control": "private, no-store"})


@router.post("/v1/recordings/{recording_id}/legal-hold", status_code=204)
async def hold_recording(recording_id: PathId, body: Hold, access: Caller) -> None:
    """A legal hold outlives retention and erasure."""
    async with acting(access) as act:
        row = await recordings.read(act.conn, recording_id, access.companies)
        if row is None:
            raise not_found("recording", "/recording_id", "path")
        await blobs.hold(act.conn, recording_id, access.companies, body.legal_hold)
        await act.record(
            "recording.held", "recording", recording_id, company_id=row["company_id"], after=body.model_dump()
        )
