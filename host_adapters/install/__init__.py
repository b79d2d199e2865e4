"""Put the adapter where a host looks for it, with the packages its Python needs; take it out again.

One folder holds everything, for Nuke in ``~/.nuke``, for Resolve in its folder ``Fusion``::

    mattebridge/                    mattebridge_packages/ for Resolve
      bridge/  host_adapters/       this project, without its command line
      vendor/python3.11/            pyzmq, msgpack, ... for that Python
      mattebridge-worker.json       where the worker's environment is
      mattebridge-receipt.json      what was written, here and outside

and one thing outside of it makes the host find it: a few lines in Nuke's init.py, a script in Resolve's menu.
"""
