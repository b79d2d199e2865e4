"""For the console of DaVinci Resolve (Workspace > Console, Py3): paste what you need, a block at a time."""

import mattebridge_resolve

# The clip under the playhead: a Fusion composition with a masked grade for people and one for the sky, with
# eight frames of handles, so that the mattes reach through transitions.
mattebridge_resolve.run("playhead", "fusion", categories="person, sky", handles=8)

# Everything on video track 1, as packs of four for the Color page.
mattebridge_resolve.run("track", "clip_matte", track=1)

# Between the in and out marks: mattes on tracks above, each with a copy of its clip cut out by it.
mattebridge_resolve.run("marked", "track", categories="person", composite="lum")

# What the whole timeline would take, and nothing done.
mattebridge_resolve.run("timeline", "fusion", dry_run=True)
