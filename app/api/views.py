"""How has somebody arranged a page for themselves? Kept on the server, so that it is the same on every machine."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError, to_json

from app.api.access import Access, Caller
from app.api.acts import acting
from app.api.fields import Given, Shown
from app.api.problems import invalid, not_found, stale
from app.problems import Problem
from app.store import views

router = APIRouter(prefix="/v1/me/views", tags=["session"])

VIEW_BYTES_MAX = 16 * 1024
VIEWS_MAX = 50  # of one person

ViewName = Annotated[str, Path(pattern="^[a-z][a-z0-9_.-]{0,63}$")]


def _bounded(value: dict[str, Any]) -> dict[str, Any]:
    if len(to_json(value)) > VIEW_BYTES_MAX:
        raise PydanticCustomError("view", "at most {bytes} bytes", {"bytes": VIEW_BYTES_MAX, "text_key": "view.large"})
    return value


class ViewWanted(Given):
    """`version`: the one that was read, 0 for a new view."""

    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    value: Annotated[dict[str, Any], AfterValidator(_bounded)]


class ViewShown(Shown):
    name: str
    version: int
    value: dict[str, Any]


def _owner(access: Access) -> str:
    if access.principal.kind != "user":
        raise Problem(403, "login.session_needed", "This is for people who have logged in, not for API keys")
    return access.principal.id


@router.get("/{name}")
async def read_view(name: ViewName, access: Caller) -> ViewShown:
    owner = _owner(access)
    async with access.reading() as conn:
        row = await views.read(conn, owner, name)
    if row is None:
        raise not_found("view", "/name", "path")
    return ViewShown(name=name, version=row["version"], value=row["value"])


@router.put("/{name}")
async def put_view(name: ViewName, body: ViewWanted, access: Caller) -> ViewShown:
    """A stale version gets 409 with both: `your_version`, and the view as it is now in `current`."""
    owner = _owner(access)
    async with acting(access) as act:
        if body.version == 0 and await views.count(act.conn, owner) >= VIEWS_MAX:
            raise invalid("/version", f"at most {VIEWS_MAX} views", "view.too_many")
        row = await views.put(act.conn, owner, name, body.value, body.version)
        if row is None:
            now = await views.read(act.conn, owner, name)
            current = ViewShown(name=name, version=now["version"] if now else 0, value=now["value"] if now else {})
            raise stale(body.version, current.model_dump())
        await act.record("view.kept", "user", owner, more={"view": name, "version": row["version"]})
    return ViewShown(name=name, version=row["version"], value=row["value"])
