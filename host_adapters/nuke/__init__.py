"""Mattebridge in Nuke 14 to 17: a menu, a panel and a node.

| module | what it does |
|---|---|
| `host` | Nuke's module, its edition and its main thread |
| `controls` | the effect's parameters, and those only Nuke has |
| `knobs` | parameters to knobs, knobs to values |
| `timing` | which file frame a Read shows at which frame of the script |
| `color` | Nuke's colour spaces by the worker's names |
| `plate` | what a node is connected to: a Read as it is, or something to be rendered |
| `temporary` | that render |
| `making` | the job: thread, progress, cancel, and back into the script |
| `layers`, `graph` | the nodes that show the mattes |
| `node` | the group with our knobs: made, found, kept up to date |
| `panel`, `menu`, `batch` | the three ways to it |

Nothing here imports `nuke` before it is called, and nothing needs numpy, torch or Qt.
"""
