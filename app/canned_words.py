"""Which names stand in a canned answer for something else, and how are they filled in?"""

import re
from collections.abc import Mapping

VARIABLES = ("customer", "agent", "company", "queue")
NAMELESS = {"en": "customer", "zh": "客户"}  # of somebody whose name nobody knows

_NAMED = re.compile(r"\{([^{}\n]{0,40})\}")


def unknown_in(text: str) -> list[str]:
    """Names in braces that stand for nothing, each once, in their order."""
    return list(dict.fromkeys(name for name in _NAMED.findall(text) if name not in VARIABLES))


def filled(text: str, values: Mapping[str, str]) -> str:
    """What was filled in is not looked at again: a customer may be called `{agent}`."""
    return _NAMED.sub(lambda found: values.get(found[1], found[0]), text)


def nameless(language: str | None) -> str:
    return NAMELESS.get((language or "en")[:2], NAMELESS["en"])
