"""Mattes from a terminal session of Nuke: no user interface, and an exit code for a farm.

    nuke -t examples/nuke/make_mattes.py comp.nk --input Read1 --frames=1001-1100 --set categories=person,sky
    nuke -t examples/nuke/make_mattes.py comp.nk                  all Mattebridge nodes of the script
    nuke -t examples/nuke/make_mattes.py --help

Write ranges with an equals sign: Nuke takes a bare range at the end of the line for its own.
"""

import sys

from host_adapters.nuke import batch

sys.exit(batch.main(sys.argv[1:]))
