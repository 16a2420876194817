"""Who hears whom? The wires of one call that a provider has brought together; a held one is out of the sound."""

from typing import Protocol


class Wire(Protocol):
    @property
    def ref(self) -> str: ...

    @property
    def state(self) -> str: ...


class Conversation:
    def __init__(self) -> None:
        self.wires: list[Wire] = []

    def add(self, wire: Wire) -> None:
        if wire not in self.wires:
            self.wires.append(wire)

    def remove(self, wire: Wire) -> None:
        if wire in self.wires:
            self.wires.remove(wire)

    def heard_by(self, wire: Wire) -> set[str]:
        """Nobody, if it is held: it hears music."""
        if wire not in self.wires or wire.state != "established":
            return set()
        return {other.ref for other in self.wires if other is not wire and other.state == "established"}
