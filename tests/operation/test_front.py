"""Which file of the pages answers, and what happens to a path that no file can have?"""

from pathlib import Path
from typing import Any

import pytest

from app.front import Front

UUID = "0192f0c1-2222-7333-8444-555555555555"


async def asked(web_dir: Path, path: str) -> str:
    """Who answered: the pages or the API."""
    answered: list[str] = []

    async def api(scope: Any, receive: Any, send: Any) -> None:
        answered.append("api")

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answered.append(f"page {message['status']}")

    await Front(web_dir, api, api, api, api)({"type": "http", "method": "GET", "path": path}, None, send)
    return answered[0]


@pytest.mark.parametrize("path", ["/\0", "/" + "a" * 5_000, "/assets/" + "../" * 9 + "etc/passwd", "/assets/\ud800"])
async def test_a_path_that_is_no_file_of_the_pages_is_left_to_the_api(tmp_path: Path, path: str) -> None:
    (tmp_path / "index.html").write_text("page")

    assert await asked(tmp_path, path) == "api"
    assert await asked(tmp_path, "/desk") == "page 200"


@pytest.mark.parametrize("path", ["/live", "/settings", "/wallboard", f"/contacts/{UUID}"])
async def test_each_page_has_an_address_of_its_own(tmp_path: Path, path: str) -> None:
    (tmp_path / "index.html").write_text("page")

    assert await asked(tmp_path, path) == "page 200"


@pytest.mark.parametrize("path", ["/contacts", "/contacts/", f"/contacts/{UUID}/more", f"/v1/contacts/{UUID}"])
async def test_what_only_begins_like_a_page_is_left_to_the_api(tmp_path: Path, path: str) -> None:
    (tmp_path / "index.html").write_text("page")

    assert await asked(tmp_path, path) == "api"
