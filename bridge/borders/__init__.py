"""Borders and border policies: how the edge of each category's matte is made.

A policy is a table from category to border. The most specific row wins: the category's own name (as the
label set says it, or its short form), then its group (`bridge.categories`), then ``thing`` or ``stuff``, then
``*``. In TOML::

    [borders.person]
    kind = "feather"
    width = "0.4%"        # of plate height; "6px" for pixels of the plate
    side = "centred"

    [borders."*"]
    kind = "hard"
"""

from bridge.borders.border import Border, BorderKind, Length, Profile, Side, Unit
from bridge.borders.policy import DEFAULT_POLICY, BorderPolicy, policy_or_default

__all__ = [
    "DEFAULT_POLICY",
    "Border",
    "BorderKind",
    "BorderPolicy",
    "Length",
    "Profile",
    "Side",
    "Unit",
    "policy_or_default",
]
