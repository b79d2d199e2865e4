"""Workspace > Scripts > Mattebridge: opens the window, or says why there is none."""

import importlib
import sys
from pathlib import Path

_INSTALLED = ""  # the installer writes the folder of the packages here
if _INSTALLED and _INSTALLED not in sys.path:
    sys.path.insert(0, _INSTALLED)

# Scripts that Resolve runs from its menu do not always know their own file.
for _start in filter(None, (globals().get("__file__"), sys.argv[0] if sys.argv else None)):
    for _folder in list(Path(_start).absolute().parents)[:4]:
        for _beside in (_folder, _folder / "mattebridge_packages"):
            if (_beside / "mattebridge_resolve.py").is_file() and str(_beside) not in sys.path:
                sys.path.insert(0, str(_beside))

try:
    importlib.import_module("mattebridge_resolve").window(globals())
except (ImportError, RuntimeError) as _error:
    print(f"Mattebridge: {_error}")
