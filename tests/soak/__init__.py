"""Long trials of what must never go wrong: ``python -m tests.soak.faults``, ``.fuzz``, ``.load``, ``.damage``."""
