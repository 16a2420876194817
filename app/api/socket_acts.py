"""A supervisor acts, over the socket of a page: the same acts as over REST, and the same rights."""

from typing import Any, cast

from pydantic import ValidationError

from app import commands as c
from app import rights
from app.api.access import Access, Porter, grants_of
from app.api.supervising import WISHES, Asked, What, perform
from app.api.tab import Seat
from app.frames import Do
from app.problems import Problem
from app.rights import Forbidden, Principal

_MAY_BE_NONE = {"mode"}  # and says something by it


def is_supervising(frame: Do) -> bool:
    """`clear_flag` without an agent is one's own."""
    return frame.what in WISHES and not (frame.what == "clear_flag" and frame.agent is None)


async def supervise(porter: Porter, seat: Seat, frame: Do) -> c.Reply:
    """Raises NoWriter: the same id is safe to send again."""
    assert seat.user_id is not None, "a wallboard acts on nothing"
    what = cast(What, frame.what)
    right = rights.right_of(f"live_{what}")
    async with porter.reader.connect() as conn:
        principal = Principal("user", seat.user_id, await grants_of(conn, seat.user_id), seat.agent_id)
    try:
        access = Access(porter, principal, right, rights.companies_of(principal, right), frame.id)
        wish = WISHES[what].model_validate(_fields(what, frame))
        done = await perform(Asked(access, what, frame.id, frame.model_dump_json().encode()), wish)
    except Forbidden:
        return c.problem(403, "right.missing")
    except ValidationError as bad:
        error = bad.errors(include_url=False, include_input=False, include_context=False)[0]
        text_key = "field.missing" if error["type"] == "missing" else f"validation.{error['type']}"
        return c.problem(422, text_key, field=_named(str(error["loc"][0])))
    except Problem as refused:
        return _reply_of(refused)
    return c.Reply(200, {"applied": done.applied, "version": done.version}, done.pos)


def _fields(what: What, frame: Do) -> dict[str, Any]:
    """A frame says `agent` where a body says `agent_id`."""
    given = {name: getattr(frame, _named(name)) for name in WISHES[what].model_fields}
    return {name: value for name, value in given.items() if value is not None or name in _MAY_BE_NONE}


def _named(field: str) -> str:
    return field.removesuffix("_id")


def _reply_of(refused: Problem) -> c.Reply:
    """With both values of a stale version, as over REST."""
    errors = refused.body.get("errors") or [{}]
    pointer = errors[0].get("pointer")
    told = c.problem(refused.status, refused.body["text_key"], field=_named(pointer[1:]) if pointer else None)
    both: dict[str, Any] = {name: refused.body[name] for name in ("your_version", "current") if name in refused.body}
    return c.Reply(told.status, {**told.body, "title": refused.body["title"], **both})
