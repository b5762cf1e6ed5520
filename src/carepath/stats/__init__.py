"""Statistics: pure functions on numpy arrays, no I/O, nothing of ours but the one error.

estimates        Estimate: value, limits, n, method, reason for None
distributions    quantiles and tails from scipy.special
proportions      shares: Wilson, exact, differences, shocked weeks, bootstrap
percentiles      percentiles of complete times
largest_dropoff  which step loses most, and how firmly
clusters         items that come in clusters
survival         Kaplan-Meier, quantiles, share finished by a time, restricted mean
competing        cumulative incidence of several kinds of end
logrank          log-rank, also with projects as the unit
extracts         selection by completion
multiplicity     Benjamini-Hochberg, Holm
pooling          rates of many segments, their spread, heterogeneity
logit_normal     binomial counts with normal logits: the model of pooling
suppression      small groups
decomposition    mix against rate, shares of a change
step_shares      a change split over steps
changepoint      one change of level: where, how sure
trend            is there a problem, and the gate for steps
exposure         when a step reached a client
group_time       effects of a staggered exposure
interrupted      a change that met everybody at once
tracking         outages of the event stream
hypotheses       the explanations weighed together
counts           rates of counts and their ratios
flow             demand or efficiency
"""
