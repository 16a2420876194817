"""What can be said of an entry of the FAQ, and how do many of them come in at once, or none of them?"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.api.access import Access
from app.api.acts import Act, acting, new_id, some
from app.api.fields import NO_CONTROLS, Given, Id, Ms, Shown, untouched
from app.api.fields import Version as VersionGiven
from app.api.problems import not_found
from app.problems import ERRORS_MAX, FieldError, Problem
from app.questions import index
from app.store import companies, faq
from app.store.rows import Row

QUESTION_MAX, ANSWER_MAX, VARIANTS_MAX, TAGS_MAX = 300, 4_000, 20, 10
BULK_MAX = 200
_LINES = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text.strip()


FaqLanguage = Literal["zh-CN", "en"]
FaqState = Literal["draft", "published", "archived"]
Question = Annotated[
    str, StringConstraints(min_length=1, max_length=QUESTION_MAX, pattern=NO_CONTROLS), AfterValidator(_said)
]
Answer = Annotated[str, StringConstraints(min_length=1, max_length=ANSWER_MAX, pattern=_LINES), AfterValidator(_said)]
Variants = Annotated[list[Question], Field(max_length=VARIANTS_MAX)]
Tag = Annotated[str, StringConstraints(pattern=r"^[^\u0000-\u0020\u007f,|]{1,40}$")]
Tags = Annotated[list[Tag], Field(max_length=TAGS_MAX)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class FaqGiven(Given):
    """`answer`: text, of which a few marks of Markdown are understood; HTML is text. `key`: by which flows and imports
    name it, the same in every language."""

    language: FaqLanguage
    question: Question
    answer: Answer
    key: Key | None = None
    variants: Variants = Field([])
    tags: Tags = Field([])
    state: FaqState = "draft"
    valid_from_ms: Ms | None = None
    valid_until_ms: Ms | None = None


class NewFaq(FaqGiven):
    company_id: Id


class NamedFaq(FaqGiven):
    """An entry that is there by its language and key becomes what is given."""

    key: Key


class NewFaqs(Given):
    company_id: Id
    items: list[NamedFaq] = Field(min_length=1, max_length=BULK_MAX)


class FaqChange(Given):
    version: VersionGiven
    question: Question = untouched()
    answer: Answer = untouched()
    key: Key | None = untouched()
    variants: Variants = untouched()
    tags: Tags = untouched()
    state: FaqState = untouched()
    valid_from_ms: Ms | None = untouched()
    valid_until_ms: Ms | None = untouched()


class FaqMade(Shown):
    id: Id
    came: Literal["made", "changed", "same"]


class FaqsMade(Shown):
    """In the order of the items."""

    items: list[FaqMade]


def columns_of(fields: dict[str, Any]) -> dict[str, Any]:
    """As they are stored: instants in microseconds, each variant and tag once."""
    values = dict(fields)
    for name in ("valid_from", "valid_until"):
        if f"{name}_ms" in values:
            given = values.pop(f"{name}_ms")
            values[name] = None if given is None else given * 1000
    for name in ("variants", "tags"):
        if name in values:
            values[name] = list(dict.fromkeys(values[name]))
    return values


def require_order(values: dict[str, Any], place: str = "") -> None:
    """Raises Problem 422."""
    if errors := _order(values, place):
        raise Problem(422, "validation.failed", "Some fields are not as expected", errors)


def _order(values: dict[str, Any], place: str) -> list[FieldError]:
    since, until = values.get("valid_from"), values.get("valid_until")
    if since is None or until is None or since < until:
        return []
    return [FieldError(f"{place}/valid_until_ms", "ends before it begins", "faq.valid_order")]


async def bring_in(access: Access, body: NewFaqs) -> FaqsMade:
    """All or none. Raises Problem 404 and 422 with each row at fault."""
    access.require_company(body.company_id)
    given = [columns_of(item.model_dump()) for item in body.items]
    if errors := _errors(given):
        raise Problem(422, "validation.failed", "Some fields are not as expected", errors[:ERRORS_MAX])
    async with acting(access) as act:
        if await companies.read(act.conn, body.company_id) is None:
            raise not_found("company", "/company_id")
        made = await _merge(act, body.company_id, given)
        more = {"count": len(made), "entries": some(each.id for each in made)}
        await act.record("faq.brought_in", "faq_entry", None, company_id=body.company_id, more=more)
    return FaqsMade(items=made)


def _errors(given: Sequence[dict[str, Any]]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[tuple[str, str]] = set()
    for n, values in enumerate(given):
        errors += _order(values, f"/items/{n}")
        name = (values["language"], values["key"])
        if name in seen:
            errors.append(FieldError(f"/items/{n}/key", "named twice in one language", "faq.key_twice"))
        seen.add(name)
    return errors


async def _merge(act: Act, company_id: str, given: Sequence[dict[str, Any]]) -> list[FaqMade]:
    there = await faq.lock_named(act.conn, company_id, {(each["language"], each["key"]) for each in given})
    made: list[FaqMade] = []
    touched: list[Row] = []
    for values in given:
        row = there.get((values["language"], values["key"]))
        if row is None:
            touched.append(await faq.add(act.conn, {"id": new_id(), "company_id": company_id, **values}))
            made.append(FaqMade(id=touched[-1]["id"], came="made"))
        elif any(row[name] != value for name, value in values.items()):
            touched.append(await faq.change(act.conn, row["id"], values))
            made.append(FaqMade(id=row["id"], came="changed"))
        else:
            made.append(FaqMade(id=row["id"], came="same"))
    if touched:
        await index(act.conn, touched)
    return made
