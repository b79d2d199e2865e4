"""How many nodes may be made, where the edition counts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

from host_adapters.nuke.host import api, edition


@dataclass
class Budget:
    """How many more nodes may be made, where the edition counts them."""

    left: Optional[int]
    refused: list[str] = field(default_factory=list)

    def take(self, what: str) -> bool:
        if self.left is None:
            return True
        if self.left <= 0:
            self.refused.append(what)
            return False
        self.left -= 1
        return True


def budget_of(group: Any) -> Budget:
    """What is left in the script a group stands in."""
    most = edition().max_nodes
    if most is None:
        return Budget(None)
    # Every node counts that is looked at, and all of the script are, to find ours among them.
    return Budget(max(0, most - len(api().allNodes()) - len(api().allNodes(group=group))))
