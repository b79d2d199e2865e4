"""Learning rates that fall in steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepSchedule:
    """A linear warm-up, then one rate that is cut at some iterations."""

    iterations: int
    rate: float
    warm_up: int = 0
    steps: tuple[int, ...] = ()
    """Iterations at which the rate is cut, rising."""
    factor: float = 0.1
    """What is left of the rate at each step."""

    def __post_init__(self) -> None:
        if self.iterations < 1 or self.rate <= 0:
            raise ValueError(f"expected iterations and a rate above 0, got {self.iterations} and {self.rate}")
        if list(self.steps) != sorted(set(self.steps)) or any(s <= 0 or s >= self.iterations for s in self.steps):
            raise ValueError(f"expected rising steps within the {self.iterations} iterations, got {self.steps}")

    def at(self, iteration: int) -> float:
        """The rate of an iteration, which count from 0."""
        warm = min(1.0, (iteration + 1) / self.warm_up) if self.warm_up else 1.0
        past = sum(step <= iteration for step in self.steps)
        return float(self.rate * warm * self.factor**past)
