"""A provider of tokens: its token endpoint for us, and the question of Dovecot whether a token is good."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.mail.post_office import SUPPORT

CLIENT_ID, CLIENT_SECRET, SCOPE = "acme-client", "acme-client-secret", "https://mail.test/ offline"


@dataclass(slots=True)
class Provider:
    """`life_s` of a token; `rotates`: each answer brings another refresh token, and the one before is worth nothing."""

    port: int
    life_s: float = 3_600
    rotates: bool = True
    refresh_token: str = "refresh-0"
    broken: str = ""  # what the token endpoint says in place of an answer
    good: set[str] = field(default_factory=set)  # access tokens
    given: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def grant(self) -> dict[str, Any]:
        return {
            "token_url": f"http://127.0.0.1:{self.port}/token",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": self.refresh_token,
            "scope": SCOPE,
        }

    def revoke(self) -> None:
        self.refresh_token = "none"
        self.good.clear()

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.broken:
            return web.Response(text=self.broken)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            return web.json_response({"error": "invalid_grant"}, status=400)
        made = f"access-{secrets.token_urlsafe(24)}"
        self.given.append(made)
        self.good.add(made)
        answer = {"access_token": made, "token_type": "Bearer", "expires_in": self.life_s, "scope": form.get("scope")}
        if self.rotates:
            self.refresh_token = f"refresh-{len(self.given)}"
            answer["refresh_token"] = self.refresh_token
        return web.json_response(answer)

    async def introspect(self, request: web.Request) -> web.Response:
        token = str((await request.post()).get("token"))
        return web.json_response({"active": token in self.good, "username": SUPPORT})


@contextlib.asynccontextmanager
async def provider_at(port: int, **more: Any) -> AsyncIterator[Provider]:
    provider = Provider(port, **more)
    door = web.Application()
    door.router.add_post("/token", provider.token)
    door.router.add_post("/introspect", provider.introspect)
    runner = web.AppRunner(door)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield provider
    finally:
        await runner.cleanup()
