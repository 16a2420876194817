"""What of a mail's HTML may a page show? Nothing that runs, and nothing that is fetched from elsewhere.

An image would tell its sender who opened the mail, and when: what is left of it is its description.
"""

import html
import re

import nh3

NESTED_MAX = 20_000  # tags that open: beyond it only the text is shown

_TAGS = """
a abbr b blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins kbd li
ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr u ul
"""
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"alt", "title"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
    "*": {"dir", "lang"},
}
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    clean_content_tags={"script", "style", "title", "head", "svg", "math", "iframe", "object", "template"},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)
_TEXT_OF = nh3.Cleaner(tags={"br", "p", "div", "tr", "li", "h1", "h2", "h3"}, attributes={}, link_rel=None)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-3])[^>]{0,100}>")
_REST = re.compile(r"<[^<>]{0,100}>")
_EMPTY_LINES = re.compile(r"\n[ \t\n]*\n")


def sanitised(page: str) -> str | None:
    """None: it is not to be shown."""
    return None if page.count("<") > NESTED_MAX else _CLEANER.clean(page)


def as_text(page: str) -> str:
    """Its words on lines."""
    if not page or page.count("<") > NESTED_MAX:
        return page
    lines = _REST.sub("", _BREAKS.sub("\n", _TEXT_OF.clean(page)))
    return _EMPTY_LINES.sub("\n\n", html.unescape(lines)).strip()
