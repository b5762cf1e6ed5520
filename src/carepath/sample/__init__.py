"""Made-up data with a ledger of planted truths."""

from carepath.sample.generation import make_sample
from carepath.sample.plan import SamplePlan
from carepath.sample.truth import SampleLedger

__all__ = ["SampleLedger", "SamplePlan", "make_sample"]
