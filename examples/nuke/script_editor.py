"""Mattes of the selected node, from Nuke's Script Editor: paste it, change the values, run it.

A node that hangs on the selected one already is brought up to date; otherwise a new one is made. The call returns
at once; progress, Cancel and errors are shown by Nuke.
"""

import nuke

from host_adapters.nuke import making, node

selected = nuke.selectedNodes()
if len(selected) != 1:
    nuke.message("Select one node: a Read, or whatever picture the mattes shall be of.")
else:
    group = node.existing(selected[0]) or node.create(selected[0])
    # Every knob by its script name; `mattebridge export --help` has the same under other names.
    node.write(
        group,
        {
            "categories": "person, sky",
            "layouts": "layers, cryptomatte",
            "range": "global",  # the script's frames, and a few beyond where the plate has them
            "handles": 8,
            "borders": '[borders.person]\nkind = "guided"\n[borders.sky]\nkind = "feather"\nwidth = "0.6%"',
        },
    )
    making.start(group)
