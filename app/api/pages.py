"""How is a list cut into pages, and a change held against the version it was made from?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from app.api.fields import Shown
from app.api.problems import stale

Item = TypeVar("Item", bound=BaseModel)


class Page(Shown, Generic[Item]):
    """`next` goes into `after` (lists that begin with the newest: `before`) for the page that follows."""

    items: list[Item]
    next: str | None


def page_of(
    rows: Sequence[Mapping[str, Any]], limit: int, show: Callable[[Mapping[str, Any]], Item], key: str = "id"
) -> Page[Item]:
    """`rows` has one more than `limit` when there is a next page."""
    more = len(rows) > limit
    return Page(items=[show(row) for row in rows[:limit]], next=str(rows[limit - 1][key]) if more else None)


def changed_fields(body: BaseModel) -> dict[str, Any]:
    """What the asker named in a PATCH, without the version."""
    return body.model_dump(exclude_unset=True, exclude={"version"})


def require_current(row: Mapping[str, Any], yours: int | None, shown: BaseModel) -> None:
    """Raises Problem 409 with the current values. None: the asker does not mind what it was."""
    if yours is not None and row["version"] != yours:
        raise stale(yours, shown.model_dump())
