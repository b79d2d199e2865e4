"""Mattes of every selected Read, one after the other, from Nuke's Script Editor.

Jobs wait in the worker's queue; each node says when its mattes are there.
"""

import nuke

from host_adapters.nuke import making, node

for read in nuke.selectedNodes("Read"):
    group = node.existing(read) or node.create(read)
    node.write(group, {"categories": "person", "layouts": "layers", "range": "input"})
    making.start(group)
