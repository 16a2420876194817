"""How is a refusal told? RFC 9457: a stable type, a key for people's language, a pointer to each field at fault."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "https://jackfield.dev/problems/"  # as app.commands.problem has it
ERRORS_MAX = 32  # named in one answer

Place = Literal["body", "path", "query", "header"]


@dataclass(frozen=True, slots=True)
class FieldError:
    """`pointer` is an RFC 6901 pointer into the body; for the other places it is a slash and the name."""

    pointer: str
    detail: str
    text_key: str
    place: Place = "body"
    column: int | None = None  # in the field's text, counted from 1
    line: int | None = None

    def as_json(self) -> dict[str, str | int]:
        where: dict[str, str | int] = {"pointer": self.pointer, "in": self.place}
        if self.column is not None:
            where["column"] = self.column
        if self.line is not None:
            where["line"] = self.line
        return {**where, "detail": self.detail, "text_key": self.text_key}


def problem(
    status: int, text_key: str, title: str, errors: Iterable[FieldError] = (), extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The body of a refusal. Its type and its key for people's language are one name."""
    found = [error.as_json() for error in errors][:ERRORS_MAX]
    return {
        "type": TYPE_PREFIX + text_key,
        "title": title,
        "status": status,
        "text_key": text_key,
        **({"errors": found} if found else {}),
        **(extra or {}),
    }


class Problem(Exception):
    """A refusal on its way to the asker; nothing was done."""

    def __init__(
        self,
        status: int,
        text_key: str,
        title: str,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(text_key)
        self.status, self.headers = status, dict(headers or {})
        self.body = problem(status, text_key, title, errors, extra)


def pointer_of(steps: Iterable[str | int]) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
