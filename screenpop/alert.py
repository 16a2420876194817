"""What is an alert? Known by its rule, whom it is about and since when: the same one on every process and after a
restart, and another one when it comes again. Seen is seen for all who watch.
"""

from dataclasses import dataclass
from typing import Any, Literal

Rule = Literal["longest_wait", "service_level", "no_agent", "not_responding", "unreachable", "long_state"]
AlertLevel = Literal["warn", "alarm"]
OF_QUEUES: frozenset[str] = frozenset({"longest_wait", "service_level", "no_agent"})
UUID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Alert:
    rule: Rule
    subject_id: str  # of a queue or an agent
    level: AlertLevel
    since_us: int

    @property
    def id(self) -> str:
        return f"{self.rule}-{self.subject_id}-{self.since_us // 1000}"


def subject_of(alert_id: str) -> tuple[str, str]:
    """(rule, id of the queue or the agent)."""
    about = alert_id.rpartition("-")[0]
    return about[: -UUID_LENGTH - 1], about[-UUID_LENGTH:]


def record(alert: Alert, seen: bool) -> dict[str, Any]:
    is_of_queue = alert.rule in OF_QUEUES
    return {
        "id": alert.id,
        "rule": alert.rule,
        "queue_id": alert.subject_id if is_of_queue else None,
        "agent_id": None if is_of_queue else alert.subject_id,
        "level": alert.level,
        "since_ms": alert.since_us // 1000,
        "seen": seen,
    }
