"""Quantiles and tails agree with scipy.stats, which is slower to import."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from carepath.stats import distributions as ours

shares = st.floats(0.001, 0.999)
degrees = st.floats(1, 200)


@given(shares, degrees)
def test_quantiles_agree_with_scipy(p, df):
    assert ours.normal_quantile(p) == pytest.approx(stats.norm.ppf(p))
    assert ours.t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-6, abs=1e-9)
    assert ours.chi_square_quantile(p, df) == pytest.approx(stats.chi2.ppf(p, df), rel=1e-6)


@given(st.floats(0.01, 20), degrees, degrees)
def test_tails_agree_with_scipy(x, df, rest):
    assert ours.normal_tail(x) == pytest.approx(stats.norm.sf(x))
    assert ours.t_tail(x, df) == pytest.approx(stats.t.sf(x, df), rel=1e-6)
    assert ours.chi_square_tail(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-6)
    assert ours.f_tail(x, df, rest) == pytest.approx(stats.f.sf(x, df, rest), rel=1e-6)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(-1, n), st.just(n))), shares)
def test_binomials_agree_with_scipy(case, p):
    k, n = case
    assert ours.binomial_cdf(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), abs=1e-12)
    if k >= 0:
        exact = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
        assert ours.exact_limits(k, n, 0.95) == pytest.approx((exact.low, exact.high))


def test_no_module_imports_the_slow_half_of_scipy():
    code = (
        "import importlib, pkgutil, sys, carepath.stats as s;"
        "[importlib.import_module('carepath.stats.' + m.name)"
        " for m in pkgutil.iter_modules(s.__path__)];"
        "assert 'scipy.stats' not in sys.modules and 'scipy.optimize' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
