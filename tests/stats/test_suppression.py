"""Small groups stay hidden."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carepath.stats.suppression import suppressed


def test_a_single_small_group_takes_the_next_smallest_with_it():
    assert suppressed([4, 50, 20]).tolist() == [True, False, True]


def test_two_small_groups_that_sum_to_under_ten_take_a_third():
    assert suppressed([4, 3, 50, 20]).tolist() == [True, True, False, True]


def test_without_a_total_nothing_else_is_hidden():
    assert suppressed([4, 50, 20], total_is_shown=False).tolist() == [True, False, False]


def test_nothing_small_hides_nothing_and_empty_groups_tell_of_nobody():
    assert not suppressed([10, 0, 20]).any()
    assert not suppressed([]).any()


def test_a_lone_small_group_is_hidden_even_without_company():
    assert suppressed([3]).tolist() == [True]


@given(st.lists(st.integers(0, 60), max_size=12))
def test_no_hidden_group_can_be_told_from_the_total(people):
    hidden = suppressed(people)
    n = np.array(people, dtype=int)
    assert np.all(hidden[(n > 0) & (n < 10)])
    if hidden.any() and not np.all(hidden | (n == 0)):
        assert hidden.sum() >= 2
        assert n[hidden].sum() >= 10
