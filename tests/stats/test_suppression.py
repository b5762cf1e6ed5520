"""Small groups stay hidden."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carepath.stats.suppression import (
    suppressed,
    suppressed_linked,
    suppressed_steps,
    told_by_ranges,
)


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


def exact(row):
    return [Fraction(int(value)) for value in row]


def rank(rows):
    """Rank by elimination in fractions: no rounding decides."""
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0])):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(found + 1, len(rows)):
            factor = rows[i][column] / rows[found][column]
            if factor:
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


def test_a_group_hidden_for_another_reason_stays_hidden_and_needs_company():
    assert suppressed([40, 50, 20], already=[True, False, False]).tolist() == [True, False, True]


def test_a_group_that_people_leave_is_hidden_from_the_step_on_where_it_gets_small():
    hidden = suppressed_steps([[50, 8, 0], [60, 40, 30], [90, 80, 70]])
    assert hidden.tolist() == [[False, True, True], [False, True, True], [False, False, False]]


def test_a_client_is_not_told_by_its_industry_less_its_other_client():
    # Clients of 4, 60, 30 and 7 people; the first two are one industry, the others another.
    clients, industries = [4, 60, 30, 7], [0, 0, 1, 1]
    member = np.vstack([np.eye(4), [[i == k for i in industries] for k in (0, 1)]]).astype(int)
    hidden = suppressed_linked((member * clients) @ member.T, [0, 0, 0, 0, 1, 1])
    assert hidden[0] and hidden[3]
    assert hidden[1] or hidden[4]
    assert hidden[2] or hidden[5]


def test_a_few_of_unknown_client_do_not_hide_nearly_all_clients():
    # Twelve clients of about 200 people, and seven people whose client, and all that follows from
    # it, is unknown.
    clients = [*range(180, 240, 5), 7]
    unknown = len(clients) - 1
    labels = [list(range(13))]
    for kinds, step in ((4, 1), (5, 7), (3, 5)):
        labels.append([(i * step) // 3 % kinds for i in range(unknown)] + [kinds])
    member = np.array([[one == k for one in row] for row in labels for k in sorted(set(row))])
    grouping = np.repeat(np.arange(4), [len(set(row)) for row in labels])
    member = member.astype(int)
    hidden = suppressed_linked((member * clients) @ member.T, grouping)
    assert [int(hidden[grouping == k].sum()) for k in range(4)] == [2, 2, 2, 2]


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3, st.integers(1, 25)), min_size=1, max_size=25))
def test_no_small_group_is_a_sum_or_difference_of_what_is_shown(cells):
    *labels, people = np.array(cells).T
    member, grouping = [], []
    for number, label in enumerate(labels):
        for group in np.unique(label):
            member.append(label == group)
            grouping.append(number)
    member = np.array(member).astype(int)
    hidden = suppressed_linked((member * people) @ member.T, grouping)
    sizes = member @ people
    # What anybody can add up: the total, and the groups that are shown. Exact, by whole numbers.
    shown = [exact(row) for row in [np.ones(len(cells), dtype=int), *member[~hidden]]]
    for row in member[(sizes > 0) & (sizes < 10)]:
        assert rank([*shown, exact(row)]) > rank(shown) or len(shown) == 1


@given(
    st.lists(st.sampled_from([0, 0, 3, 9, 10, 11, 40]), min_size=6, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), min_size=2, max_size=4),
)
def test_ranges_in_which_a_group_is_shown_never_differ_by_a_few(months, ranges):
    shown = [(a, b) for a, b in ranges if a < b and not told_by_ranges([months], [a, b])[0]]
    ends = sorted({end for one in shown for end in one} | {0, 6})
    # Whatever is added to or taken from what, only sums of whole spans between ends can be told.
    spans = [sum(months[a:b]) for a, b in pairwise(ends)]
    if sum(months) >= 10:
        assert all(people == 0 or people >= 10 for people in spans)


def test_a_small_period_next_to_an_end_of_the_range_tells():
    assert told_by_ranges([[20, 4, 30, 30]], [1]).tolist() == [True]
    assert told_by_ranges([[20, 4, 30, 30]], [2]).tolist() == [True]
    assert told_by_ranges([[20, 4, 0, 30]], [3]).tolist() == [True]
    assert told_by_ranges([[20, 4, 30, 30]], [3]).tolist() == [False]
    # Nobody was there before: the range holds everybody, and so does any that begins earlier.
    assert told_by_ranges([[0, 4, 30, 30]], [1]).tolist() == [False]


def test_a_group_hidden_for_another_reason_stays_hidden_and_takes_company():
    dark = suppressed_steps([[50, 40], [20, 15], [30, 30]], already=[True, False, False])
    assert dark.tolist() == [[True, True], [True, True], [False, False]]
    linked = suppressed_linked(np.diag([50, 20, 30]), [0, 0, 0], already=[True, False, False])
    assert linked.tolist() == [True, True, False]
