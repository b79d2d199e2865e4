"""The public names of the bridge, for hosts and scripts."""
