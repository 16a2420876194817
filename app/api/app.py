"""Which doors are there? The FastAPI application, from the routes of each noun."""

from collections.abc import Sequence
from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts

from app import rights
from app.api import (
    agents,
    api_keys,
    asterisks,
    audit,
    call_me,
    callbacks,
    calling,
    canned_answers,
    chat,
    chat_answers,
    chat_files,
    chat_transcripts,
    colleagues,
    companies,
    contacts,
    customers,
    dispositions,
    endpoints,
    faq,
    faq_search,
    faq_solved,
    fax_receptions,
    faxes,
    figures,
    flows,
    health,
    live,
    live_acts,
    mail_acts,
    mail_drafts,
    mailboxes,
    mails,
    messages,
    notes,
    numbers,
    openapi,
    problems,
    prompts,
    queues,
    recordings,
    session,
    skills,
    tasks,
    teams,
    telephony_providers,
    timeline,
    users,
    vcon,
    views,
    wallboards,
    widgets,
)
from app.api.access import Porter, admit
from app.api.bounds import Bounds
from app.api.cross_origin import CrossOrigin
from app.api.limiting import Limiting
from app.api.trace import Trace
from app.passwords import Passwords
from app.ports import Doors

_OURS: tuple[APIRouter, ...] = (
    contacts.router,
    figures.router,
    colleagues.router,
    live.router,
    live_acts.router,
    views.router,
    wallboards.router,
    widgets.router,
    chat.router,
    chat_answers.router,
    chat_files.router,
    chat_transcripts.router,
    messages.router,
    timeline.router,
    notes.router,
    figures.definitions_router,
    health.router,
    openapi.router,
    session.router,
    companies.router,
    teams.router,
    skills.router,
    users.router,
    agents.router,
    api_keys.router,
    telephony_providers.router,
    asterisks.router,
    recordings.router,
    faxes.router,
    fax_receptions.router,
    vcon.router,
    calling.router,
    call_me.router,
    callbacks.router,
    tasks.router,
    numbers.router,
    queues.router,
    flows.router,
    endpoints.router,
    mailboxes.router,
    mails.router,
    mail_drafts.router,
    mail_acts.router,
    prompts.router,
    dispositions.router,
    canned_answers.router,
    faq_search.router,  # before it: its names are no ids
    faq_solved.router,
    faq.router,
    customers.router,
    audit.router,
)


def build_api(doors: Doors, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """`routers`: those of the channels; their operations need a right as well, and they keep their own door."""
    app = FastAPI(
        title="Jackfield",
        version="1",
        summary="A self-hosted omnichannel contact centre",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.doors = doors
    reader = doors.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    app.state.porter = Porter(doors, Passwords(), Limiting(doors.settings), doors.settings.signing_key(), reader)
    for router in routers:  # first: paths are compared one after the other, and telephony's is the busiest
        app.include_router(router)
    for router in _OURS:
        app.include_router(router, dependencies=[Depends(admit)])
    problems.install(app)
    app.add_middleware(Bounds)
    app.add_middleware(CrossOrigin)  # what Bounds refuses, its page may read
    app.add_middleware(Trace)  # the outermost: it sees what Bounds refuses, too
    app.openapi = cache(lambda: openapi.document(app))  # type: ignore[method-assign]
    _require_rights(app)
    return app


def operations(app: FastAPI) -> list[str]:
    return [str(context.name) for context in iter_route_contexts(app.routes) if context.name]


def _require_rights(app: FastAPI) -> None:
    without = [name for name in operations(app) if name not in rights.TABLE]
    if without:
        raise LookupError(f"operations without a right in app/rights.py: {', '.join(sorted(without))}")
