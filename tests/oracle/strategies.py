"""Hypothesis strategies over the random worlds; they shrink towards dull ones."""

from __future__ import annotations

from hypothesis import strategies as st

from oracle.care_worlds import make_care_world
from oracle.definitions import Raw
from oracle.intake_worlds import make_intake_world, make_rollout_world
from oracle.worlds import combine

randoms = st.randoms(use_true_random=False)

intake_worlds: st.SearchStrategy[Raw] = st.builds(make_intake_world, randoms, st.integers(1, 3))
rollout_worlds: st.SearchStrategy[Raw] = st.builds(make_rollout_world, randoms, st.integers(4, 6))
care_worlds: st.SearchStrategy[Raw] = st.builds(make_care_world, randoms, st.integers(7, 9))
worlds: st.SearchStrategy[Raw] = st.builds(combine, st.tuples(intake_worlds, care_worlds))
