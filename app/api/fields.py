"""Of what are requests and answers made? Every field has a bound that the OpenAPI document shows."""

import re
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

NAME_MAX = 200
PAGE_DEFAULT, PAGE_MAX = 50, 200
LIST_MAX = 1000
MS_MAX = 2**53 - 1

_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
NO_CONTROLS = r"^[^\u0000-\u001f\u007f]*$"
_NO_CONTROLS_BUT_LINES = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"
_LANGUAGE = "^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$"  # BCP 47
_NAME_SHAPE = re.compile(r"\S")
_ZONES = frozenset(available_timezones())


def _not_blank(text: str) -> str:
    if not _NAME_SHAPE.search(text):
        raise ValueError("must not be blank")
    return text


def _zone(name: str) -> str:
    if name not in _ZONES:
        raise ValueError("expected an IANA zone such as Europe/Berlin")
    return name


Id = Annotated[str, StringConstraints(pattern=_UUID), Field(json_schema_extra={"format": "uuid"})]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=NAME_MAX, pattern=NO_CONTROLS), AfterValidator(_not_blank)
]
Line = Annotated[str, StringConstraints(max_length=NAME_MAX, pattern=NO_CONTROLS)]
Language = Annotated[str, StringConstraints(min_length=2, max_length=35, pattern=_LANGUAGE)]
Zone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern="^[A-Za-z0-9_+/-]+$"),
    AfterValidator(_zone),
    Field(examples=["Europe/Berlin"]),
]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Ms = Annotated[int, Field(ge=-MS_MAX, le=MS_MAX)]
Url = Annotated[str, StringConstraints(max_length=2000, pattern="^https?://[^\\s/?#]+[^\\s]*$")]
SocketUrl = Annotated[str, StringConstraints(max_length=2000, pattern="^wss?://[^\\s/?#;,'\"]+[^\\s;,'\"]*$")]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern="^[A-Za-z0-9_.:-]+$")]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=_NO_CONTROLS_BUT_LINES)]  # with line breaks


class Given(BaseModel):
    """What somebody sends: no unknown field, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Shown(BaseModel):
    """What we answer."""

    model_config = ConfigDict(extra="forbid")


class Paging(Given):
    """The order is that of creation; `after` is the last id of the page before."""

    model_config = ConfigDict(extra="forbid", strict=False)

    limit: int = Field(PAGE_DEFAULT, ge=1, le=PAGE_MAX)
    after: Id | None = None


class CompanyPaging(Paging):
    company_id: Id | None = None


PageQuery = Annotated[Paging, Query()]
CompanyPageQuery = Annotated[CompanyPaging, Query()]
PathId = Annotated[Id, Path()]


def untouched() -> Any:
    """Of a PATCH: what is not named stays as it is. (A factory shows no default in the document.)"""
    return Field(default_factory=lambda: None)


def ms(us: int | None) -> int | None:
    return None if us is None else us // 1000


def sure_ms(us: int) -> int:
    return us // 1000
