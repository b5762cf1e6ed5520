"""Outages of the event stream."""

import numpy as np
import pytest

from carepath.errors import CarepathError
from carepath.stats.tracking import find_outages


def days(seed=1, count=365, people=25):
    rng = np.random.default_rng(seed)
    records = rng.poisson(people, count)
    return rng, records, np.full(count, 0.97)


def test_a_full_outage_is_found_with_its_dates():
    rng, records, share = days()
    share[100:110] = 0.0
    found = find_outages(rng.binomial(records, share), records)
    assert [(o.first_day, o.last_day) for o in found] == [(100, 109)]
    assert found[0].captured.value == 0
    assert found[0].usual == pytest.approx(0.97, abs=0.01)


def test_partial_and_repeated_outages_are_found():
    rng, records, share = days()
    share[50:64] = 0.6
    share[200:203] = 0.2
    found = find_outages(rng.binomial(records, share), records)
    assert len(found) == 2
    assert abs(found[0].first_day - 50) <= 2
    assert abs(found[1].last_day - 202) <= 1


def test_ordinary_days_raise_no_alarm():
    quiet = 0
    for seed in range(40):
        rng, records, share = days(seed, people=8)
        quiet += not find_outages(rng.binomial(records, share), records)
    assert quiet >= 38


def test_days_that_are_all_alike_make_no_outage_of_a_few_missing_events():
    captured = np.full(60, 9)
    captured[30] = 7
    assert find_outages(captured, np.full(60, 10)) == ()


def test_fewer_people_with_their_events_are_no_outage():
    rng, records, share = days()
    records[100:200] //= 4
    assert find_outages(rng.binomial(records, share), records) == ()


def test_no_records_have_no_outage_and_more_events_than_records_are_refused():
    assert find_outages([], []) == ()
    assert find_outages([0, 0], [0, 0]) == ()
    with pytest.raises(CarepathError):
        find_outages([2], [1])
