"""``mattebridge worker``: serve mattes."""

from __future__ import annotations

import signal
from types import FrameType

import click

from bridge.wire import DEFAULT_ADDRESS


@click.command()
@click.option(
    "--address", default=DEFAULT_ADDRESS, show_default=True, help="A loopback address; port 0 picks one."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--store", "store_folder", metavar="DIR", help="Prediction store; else MATTEBRIDGE_STORE, else the cache."
)
@click.option(
    "--store-limit", default=20.0, show_default=True, metavar="GB", help="Least used predictions go first."
)
@click.option(
    "--root", "roots", multiple=True, metavar="DIR", help="Only read and write below here; may be repeated."
)
@click.option(
    "--precision",
    type=click.Choice(["auto", "fp32", "bf16"]),
    default="auto",
    show_default=True,
    help="Arithmetic of the models; auto takes bf16 where the device is fast in it.",
)
@click.option(
    "--compile",
    "compile_models",
    is_flag=True,
    help="Compile the models: the first frame of a size takes minutes, all others less time.",
)
@click.option("--idle-exit", type=float, metavar="SECONDS", help="End after so long without work.")
def worker(
    address: str,
    device: str,
    store_folder: str | None,
    store_limit: float,
    roots: tuple[str, ...],
    precision: str,
    compile_models: bool,
    idle_exit: float | None,
) -> None:
    """Serve mattes until Ctrl-C or SIGTERM. Jobs that run then stop; the same request takes them up again."""
    import logging
    import os
    from pathlib import Path

    # Stages share the cores: an OpenMP thread that spins while it waits takes a core that others need.
    # Read once, when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    from worker.device import choose_device, device_words
    from worker.engine import Engine
    from worker.models.base import LoadOptions
    from worker.roots import Roots
    from worker.service import Service
    from worker.store import Store, default_root

    chosen = choose_device(device)
    store = Store(Path(store_folder) if store_folder else default_root(), int(store_limit * 2**30))
    engine = Engine(chosen, store, Roots(roots), LoadOptions(precision, compile_models))
    service = Service(address, engine, idle_exit_s=idle_exit)

    def stop(_: int, __: FrameType | None) -> None:
        service.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo(f"worker at {service.address} on {device_words(chosen)}", err=True)
    service.run()
