"""Tests of ad-hoc funnels."""
