"""``python -m tests.benchmarks [NAME ...]``: measure, print tables, write a JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    cryptomatte,
    detail,
    eight_k,
    exporting,
    mattes,
    memory,
    panoptic,
    serving,
    stages,
    tracking,
    writing,
)
from tests.benchmarks.machine import describe_machine

BENCHMARKS: dict[str, Callable[[], dict[str, object]]] = {
    "stages": stages.measure,
    "export": exporting.measure,
    "serving": serving.measure,
    "writing": writing.measure,
    "eight_k": eight_k.measure,
    "detail": detail.measure,
    "memory": memory.measure,
    "cryptomatte": cryptomatte.measure,
    "mattes": mattes.measure,
    "panoptic": panoptic.measure,
    "tracking": tracking.measure,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(BENCHMARKS)))
@click.option("--json", "path", default="benchmarks.json", show_default=True, help="Where the figures go.")
def main(names: tuple[str, ...], path: str) -> None:
    """Run the benchmarks NAMES, or all."""
    report: dict[str, object] = {"machine": describe_machine()}
    for name in names or BENCHMARKS:
        print(f"measuring {name} ...", file=sys.stderr)
        report[name] = BENCHMARKS[name]()
    Path(path).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console = Console()
    for name, figures in report.items():
        table = Table(title=name, title_justify="left", show_header=False)
        assert isinstance(figures, dict)
        for key, value in figures.items():
            if key != "runs":
                table.add_row(key, _words(value))
        console.print(table)
    console.print(f"figures in {path}")


def _words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items())
    return str(value)


if __name__ == "__main__":
    main()
