"""``mattebridge worker``: serve mattes."""

from __future__ import annotations

import signal
from types import FrameType

import click

from bridge.wire import DEFAULT_ADDRESS


@click.command()
@click.option("--address", default=DEFAULT_ADDRESS, show_default=True, help="Port 0 picks one.")
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
@click.option(
    "--queue",
    metavar="DIR",
    help="Where jobs that have not ended are kept; `none` to forget them. Else the user's state folder.",
)
@click.option("--key", "key_file", metavar="FILE", help="The worker's secret key; with --clients.")
@click.option(
    "--clients", metavar="DIR", help="Public keys of the clients that may connect; needed beyond this machine."
)
@click.option(
    "--frame-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    envvar="MATTEBRIDGE_FRAME_LIMIT",
    help="Decoding a frame that takes longer has hung; a second more for each MB of its file.",
)
@click.option(
    "--silence-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    envvar="MATTEBRIDGE_SILENCE_LIMIT",
    help="An inference process with work and no sign of life for longer has hung.",
)
@click.option("--log-json", is_flag=True, help="Log one JSON object a line, with job and frame.")
@click.option("--idle-exit", type=float, metavar="SECONDS", help="End after so long without work.")
def worker(
    address: str,
    device: str,
    store_folder: str | None,
    store_limit: float,
    roots: tuple[str, ...],
    precision: str,
    compile_models: bool,
    queue: str | None,
    key_file: str | None,
    clients: str | None,
    frame_limit: float,
    silence_limit: float,
    log_json: bool,
    idle_exit: float | None,
) -> None:
    """Serve mattes until Ctrl-C or SIGTERM.

    Frames under way are then finished; jobs that have not ended are kept and go on at the next start.
    """
    import logging
    import os
    from pathlib import Path

    # Stages share the cores: an OpenMP thread that spins while it waits takes a core that others need.
    # Read once, when torch is imported in the inference process, which inherits it.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

    from worker import logs

    logs.set_up(logging.INFO, as_json=log_json)
    from bridge.keys import load_worker_keys
    from worker.engine_process import EngineSettings
    from worker.job_files import JobFiles, default_folder
    from worker.service import Service
    from worker.supervisor import Supervisor
    from worker.watchdog import Limits

    if (key_file is None) != (clients is None):
        raise click.UsageError("--key and --clients belong together")
    keys = None if key_file is None or clients is None else load_worker_keys(key_file, clients)

    def open_files(bound: str) -> JobFiles | None:
        return None if queue == "none" else JobFiles(Path(queue) if queue else default_folder(bound))

    settings = EngineSettings(
        device=device,
        store=Path(store_folder) if store_folder else None,
        store_limit_bytes=int(store_limit * 2**30),
        roots=roots,
        precision=precision,
        compile_models=compile_models,
    )
    limits = Limits(frame_limit, silence_limit)
    with Supervisor(settings, json_log=log_json, limits=limits) as supervisor:
        service = Service(address, supervisor, idle_exit_s=idle_exit, open_files=open_files, keys=keys)
        supervisor.on_fatal(service.stop)

        def stop(_: int, __: FrameType | None) -> None:
            service.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        click.echo(f"worker at {service.address}", err=True)
        service.run()
    if supervisor.fatal is not None:
        raise supervisor.fatal
