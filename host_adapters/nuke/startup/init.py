"""Nuke runs this at every start, in terminal sessions too, where NUKE_PATH names this folder.

It makes `bridge` and `host_adapters` importable: from the folder that holds both, and from the
folder beside them where packages were put for Nuke's Python.
"""

import sys
from pathlib import Path

_root = Path(__file__).resolve().parents[3]
_vendor = _root / "vendor" / f"python{sys.version_info[0]}.{sys.version_info[1]}"

for _folder in (_vendor, _root):
    if _folder.is_dir() and str(_folder) not in sys.path:
        # Behind Nuke's own: a package that Nuke brings must stay the one that Nuke gets.
        sys.path.append(str(_folder))
