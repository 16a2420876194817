"""Who may do what? One table for every operation; a route that is not in it is not served (app/api/app.py).

A grant is a role in one company, in all companies (None), or for one team. Two kinds of things, two kinds of refusal:
- the installation's own (company, user, agent, team, skill, API key, telephony provider): without the right 403;
- a company's (queue, number, customer, contact, disposition, audit row, figures): what lies in a company where the
  asker does not hold the right does not exist for them: 404, in path, query and body alike.
"""

from dataclasses import dataclass
from typing import Literal

Role = Literal["agent", "supervisor", "admin", "operator"]
ROLES: tuple[Role, ...] = ("agent", "supervisor", "admin", "operator")
Owner = Literal["public", "signed", "self", "installation", "company"]

_STAFF: frozenset[Role] = frozenset({"agent", "supervisor", "admin", "operator"})
_SUPERVISORS: frozenset[Role] = frozenset({"supervisor", "admin", "operator"})
_ADMINS: frozenset[Role] = frozenset({"admin", "operator"})
_OPERATORS: frozenset[Role] = frozenset({"operator"})


class Forbidden(Exception):
    """None of the asker's grants carries the right."""


@dataclass(frozen=True, slots=True)
class Grant:
    role: Role
    company_id: str | None = None  # None = all companies
    team_id: str | None = None  # None = all teams


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a user by their session, or an API key."""

    kind: Literal["user", "key"]
    id: str
    grants: tuple[Grant, ...] = ()
    agent_id: str | None = None
    session_hash: bytes | None = None

    @property
    def name(self) -> str:
        """As commands and the log name it."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Right:
    owner: Owner
    roles: frozenset[Role] = frozenset()
    of_teams: bool = False  # a grant for one team carries it; the route looks whose team it is


PUBLIC = Right("public")
SIGNED = Right("signed")  # a webhook: its signature is the right
SUPERVISING = Right("company", _SUPERVISORS)  # asked beside the right of a route that agents have, too
SELF = Right("self", _STAFF)  # whoever is logged in, about themselves


def _rights(owner: Owner, roles: frozenset[Role], *operations: str, of_teams: bool = False) -> dict[str, Right]:
    return {operation: Right(owner, roles, of_teams) for operation in operations}


TABLE: dict[str, Right] = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "openapi_document": PUBLIC,
    "log_in": PUBLIC,
    "receive_telephony_events": SIGNED,
    "read_session": SELF,
    "log_out": SELF,
    "change_password": SELF,
    "issue_ticket": SELF,
    "read_softphone": SELF,
    "send_mail": SELF,  # the turn asks whether the contact is theirs
    "mark_spam": SELF,  # the same
    "merge_mails": SELF,
    "split_mail": SELF,
    "list_mergeable_threads": SELF,  # of contacts that they have or had
    "read_mail_draft": SELF,
    "keep_mail_draft": SELF,
    "delete_mail_draft": SELF,
    "add_mail_draft_file": SELF,
    "delete_mail_draft_file": SELF,
    "dial": SELF,  # the turn asks whether the agent serves the queue's company
    "send_message": SELF,  # of whoever has the chat
    "tell_typing": SELF,
    "send_file": SELF,
    "list_mentions": SELF,  # what was written for them
    "see_mentions": SELF,
    "read_metric_definitions": SELF,
    "read_view": SELF,
    "put_view": SELF,
    "issue_wallboard_ticket": PUBLIC,
    "read_callback_by_link": PUBLIC,  # whoever has the link
    "move_callback_by_link": PUBLIC,
    "cancel_callback_by_link": PUBLIC,
    "look_at_call_form": PUBLIC,  # whoever has a widget's key
    "ask_to_be_called": PUBLIC,
    "look_at_widget": PUBLIC,  # the site's origin, and the visitor's token
    "start_chat": PUBLIC,
    "leave_message": PUBLIC,
    "ask_at_widget": PUBLIC,
    "tell_helpful": PUBLIC,
    "send_transcript": PUBLIC,
    "attach_file": PUBLIC,
    "read_file_as_visitor": PUBLIC,
    **_rights("installation", _OPERATORS, "metrics", "issue_tickets"),
    **_rights("installation", _STAFF, "list_companies", "read_company"),
    **_rights("installation", _OPERATORS, "create_company", "change_company"),
    **_rights("installation", _SUPERVISORS, "list_teams", "read_team", "list_skills", "read_skill"),
    **_rights("installation", _OPERATORS, "create_team", "change_team", "delete_team"),
    **_rights("installation", _OPERATORS, "create_skill", "change_skill", "delete_skill"),
    **_rights("installation", _OPERATORS, "list_users", "read_user", "create_user", "create_users", "change_user"),
    **_rights("installation", _OPERATORS, "list_grants", "create_grant", "delete_grant"),
    **_rights("installation", _SUPERVISORS, "list_agents", "read_agent", "choose_agent_state", of_teams=True),
    **_rights("installation", _OPERATORS, "create_agent", "create_agents", "change_agent", "archive_agent"),
    **_rights("installation", _OPERATORS, "list_api_keys", "create_api_key", "revoke_api_key"),
    **_rights("installation", _OPERATORS, "list_telephony_providers", "read_telephony_provider"),
    **_rights("installation", _OPERATORS, "create_telephony_provider", "change_telephony_provider"),
    **_rights("installation", _OPERATORS, "rotate_telephony_secrets", "delete_telephony_provider"),
    **_rights("installation", _OPERATORS, "list_asterisks", "read_asterisk"),
    **_rights("installation", _OPERATORS, "create_asterisk", "change_asterisk", "delete_asterisk"),
    **_rights("company", _SUPERVISORS, "list_numbers", "read_number"),
    **_rights("company", _ADMINS, "create_number", "change_number", "delete_number"),
    **_rights("company", _STAFF, "list_queues", "read_queue"),
    **_rights("company", _STAFF, "list_colleagues", "list_open_queues"),
    **_rights("company", _SUPERVISORS, "list_queue_versions", "read_queue_version"),
    **_rights("company", _ADMINS, "create_queue", "change_queue", "create_queue_version", "publish_queue_version"),
    **_rights("company", _SUPERVISORS, "list_flows", "read_flow", "list_flow_versions", "read_flow_version"),
    **_rights("company", _ADMINS, "check_flow", "create_flow", "archive_flow"),
    **_rights("company", _ADMINS, "create_flow_version", "publish_flow_version"),
    **_rights("company", _ADMINS, "list_endpoints", "read_endpoint", "create_endpoint", "change_endpoint"),
    **_rights("company", _ADMINS, "rotate_endpoint_secret", "delete_endpoint"),
    **_rights("company", _ADMINS, "list_mailboxes", "read_mailbox", "create_mailbox", "change_mailbox"),
    **_rights("company", _ADMINS, "delete_mailbox"),
    **_rights("company", _SUPERVISORS, "list_spam_senders", "unmark_spam_sender"),
    **_rights("company", _STAFF, "list_mails", "read_mail_attachment", "read_mail_original"),
    **_rights("company", _SUPERVISORS, "list_prompts", "read_prompt"),
    **_rights("company", _ADMINS, "create_prompt", "delete_prompt"),
    **_rights("company", _ADMINS, "list_widgets", "read_widget", "create_widget", "change_widget", "delete_widget"),
    **_rights("company", _STAFF, "list_messages", "read_file"),
    # Whoever has or had the contact, or is mentioned in a note of it (app/api/contacts_seen.py).
    **_rights("company", _STAFF, "list_notes", "write_note", "read_contact_timeline"),
    **_rights("company", _STAFF, "list_dispositions", "read_disposition"),
    **_rights("company", _ADMINS, "create_disposition", "change_disposition", "archive_disposition"),
    **_rights("company", _STAFF, "list_faq", "read_faq", "search_faq", "rate_faq"),
    **_rights("company", _SUPERVISORS, "create_faq", "import_faq", "change_faq", "delete_faq"),
    **_rights("company", _SUPERVISORS, "list_faq_unanswered", "delete_faq_unanswered"),
    **_rights("company", _SUPERVISORS, "read_faq_solved"),
    **_rights("company", _SUPERVISORS, "list_faq_synonyms", "keep_faq_synonyms"),
    **_rights("company", _STAFF, "list_canned_answers", "read_canned_answer", "search_canned_answers"),
    **_rights("company", _SUPERVISORS, "create_canned_answer", "change_canned_answer", "delete_canned_answer"),
    **_rights("company", _SUPERVISORS, "list_customers", "read_customer", "create_customer", "change_customer"),
    **_rights("company", _SUPERVISORS, "add_customer_address", "remove_customer_address"),
    **_rights("company", _ADMINS, "create_customers", "erase_customer", "create_contact"),
    **_rights("company", _ADMINS, "receive_fax"),
    **_rights("company", _ADMINS, "request_callback", "read_callback_slots"),
    **_rights("company", _STAFF, "plan_task", "move_task", "cancel_task"),
    **_rights("company", _SUPERVISORS, "list_tasks", "read_task"),
    **_rights("company", _SUPERVISORS, "list_contacts", "read_contact", "leave_contact", "list_contact_events"),
    **_rights("company", _SUPERVISORS, "list_contact_decisions", "read_figures"),
    **_rights("company", _SUPERVISORS, "list_recordings", "read_recording", "export_contact"),
    **_rights("company", _ADMINS, "hold_recording", "hold_fax"),
    # An agent sees the faxes of contacts that they have or had, and those that they sent (app/store/faxes.py).
    **_rights("company", _STAFF, "list_faxes", "read_fax", "read_fax_page", "read_fax_document", "send_fax"),
    **_rights("installation", _SUPERVISORS, "live_set_state", "live_log_out", "live_clear_flag", of_teams=True),
    **_rights("installation", _SUPERVISORS, "live_set_skill", of_teams=True),
    **_rights("company", _SUPERVISORS, "read_live", "live_acknowledge", of_teams=True),
    **_rights("company", _SUPERVISORS, "list_wallboards", "create_wallboard", "revoke_wallboard"),
    **_rights("company", _SUPERVISORS, "live_move", "live_reprioritise", "live_close_queue", "live_open_queue"),
    **_rights("company", _SUPERVISORS, "live_assign", "live_withdraw", "live_monitor", of_teams=True),
    **_rights("company", _ADMINS, "list_audit"),
}


def right_of(operation: str) -> Right:
    """Raises KeyError: an operation without a right is a fault of ours."""
    return TABLE[operation]


def companies_of(principal: Principal, right: Right) -> frozenset[str] | None:
    """Where the principal holds the right; None = in all companies. Raises Forbidden if nowhere."""
    granted = [
        grant.company_id
        for grant in principal.grants
        if grant.role in right.roles and (grant.team_id is None or grant.role == "agent" or right.of_teams)
    ]
    if not granted:
        raise Forbidden
    named = frozenset(company_id for company_id in granted if company_id is not None)
    return named if len(granted) == sum(company_id is not None for company_id in granted) else None
