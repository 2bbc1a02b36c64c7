"""Directed probes: what no random case would ask. Each is a small description of what it sends."""

from blinger_contract.probes.registry import PROBES, Probe

__all__ = ["PROBES", "Probe"]
