"""How does a file that somebody sent leave again? Scanned, to be kept, and never to be opened in a page."""

from typing import Any
from urllib.parse import quote

from fastapi import Response

from app.problems import Problem
from app.scanning import scan


async def handed_out(scanner: str | None, content: bytes, filename: str, media_type: str) -> Response:
    """`scanner`: of the settings. Raises Problem 403 for what it calls harmful, and 503 where it says nothing."""
    if scanner is not None:
        await _require_harmless(scanner, content)
    headers: dict[str, Any] = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


async def _require_harmless(scanner: str, content: bytes) -> None:
    verdict = await scan(scanner, content)
    if verdict == "harmful":
        raise Problem(403, "file.harmful", "A scanner calls this file harmful")
    if verdict == "unknown":
        raise Problem(503, "file.not_scanned", "This file could not be scanned now", headers={"Retry-After": "60"})
