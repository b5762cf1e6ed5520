"""Funnels defined on the spot, over a file of events or over the warehouse."""

from carepath.funnels.definition import FunnelDefinition
from carepath.funnels.execution import funnel
from carepath.funnels.parsing import parse_definition, read_definition
from carepath.funnels.result import FunnelResult

__all__ = ["FunnelDefinition", "FunnelResult", "funnel", "parse_definition", "read_definition"]
