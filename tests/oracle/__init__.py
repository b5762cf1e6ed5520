"""The slow oracle: what `prod` must hold, worked out row by row in plain Python.

It is written from the design documents, with lists, dicts and loops, so that a mistake would
have to be made twice to go unnoticed. Where the documents leave room, these are the choices. Those
marked * were taken over from the models after both existed: there the comparison checks that the
two agree on a rule, not that the rule was found twice. All other code came before the SQL was read.

Rows
 1. A row's date: events `derived_tstamp`, else `collector_tstamp`; history rows `history_date`;
    current-state rows `created` (they carry today's attributes whatever `as_of` is).
 2.* Duplicates go first; then rows without an id are rejected (equal ones, load times aside, are
    duplicates); then a survivor whose own time is not credible is rejected; then, with `as_of`
    given, one dated after it is set aside; then a history row before its creation is rejected.
    So each raw row has exactly one fate. Without `as_of` nothing is set aside, and `as_of` is
    the latest date, modification, load, or deletion (of a task or project) among modelled rows.
 3.* Reasons, first match: missing_id, missing_date, dated_after_load, dated_too_early,
    dated_before_created, dated_after_deletion; all but missing_id for events and history rows
    only, the last two for history. A date equal to the load time, the earliest plausible date, the
    creation or the deletion is fine. A record deleted before it was created is rejected
    (deleted_before_created) once it is known to be the one that counts.
 4.* A history row needs both its ids. An event without a user_id is modelled (counted), and
    appears in no funnel table. rejection_summary lists after_as_of, too.
 5. Creation of a task or project: its own row's `created`, else the earliest `created` on its
    history rows, else its first history row. A current-state row without `created` is kept.
 6. A task known only from rejected history rows does not exist.
 7.* Deleted: `_sdc_deleted_at`, else where `_fivetran_deleted` the loader time (else modified, else
    created). A deletion after `as_of` has not happened.

Members
 8. Staff: any kept event of the person with role STAFF (trimmed, any case).
 9.* An event stands for a step when its funnel and step name are the defined ones (trimmed, any
    case), its step_action is SUBMIT or null, and it has no failure_reason. `no_entry`: later
    steps, no first step. Only undefined steps: `no_funnel_events`.
10.* Landing page: the last view of some client's page at or before entry (within the tolerance)
    by the person, or anonymous in a browser only ever used by them or in the session of the
    sign-up. Pages compare by host (no www) and path (no query, fragment, trailing slash); a
    client's page without a host matches any host; a page of two clients matches nobody. Else
    the account's client_id. A client_id that is not in clients is kept, and is treated as
    unknown for `client_verifies`.
11.* Device, country, entity come from the entry event; the referrer from the first event of its
    session (up to entry) whose referrer is not its own host, 'direct' where that has none,
    'unknown' without such an event.
12. Dates and weeks (Monday) are in the site's time zone.
13. is_mature reads data_freshness of snowplow.events alone.
14. event_count: events of the step within [entered_at - tie, entered_at + window], also for a
    step that does not apply. repeat_event_count: the sum over steps of event_count beyond one.
15. The first step always applies and counts at entry. is_converted ignores applicability.

Applicability (first match)
16. a. valid_from or valid_to set and entry outside: not applicable, even if observed.
    b. inside them, without applies_when: applicable.
    c. inferred from the client's events: the likeliest split week; appeared when a week before it
       has a share < 5 %, alone and with all weeks up to it, and a week from it on a share > 50 %,
       alone and with all weeks from it on (n >= 10 each) -> by week between the last such week and
       the first. Else, with n >= 10 in all, share < 5 % over all weeks -> never_released; else
       applicable. Not with valid_from or valid_to. Not applicable by inference but did it:
       applicable, 'observed'.
    d. `client_verifies`: client known without verification_type -> not applicable unless
       observed; client unknown -> applicable only if observed; else applicable.
    e. applicable.
    Log-likelihoods are compared after rounding to 9 decimals; the earliest week wins ties.

Visits and clocks
17. history_id compares as a number when it is all digits; numbers come before texts.
18. has_order_conflict: two consecutive rows by date, both with numeric history_id, where the
    later has the lower one. Null-status rows take part, rejected ones do not.
19. A blank status is null. before_history ends at the first row that has a status.
    No kept row with a status: the task is imputed; with no current status either, its status
    and category are 'unknown'. A current status is of as_of only when the record was not modified
    after an as_of that was given, and no history row after it has a status.
20. `seconds` of an open phase runs to `as_of`.
21. Deletion ends the last visit: rows dated later are rejected.
22. An imputed visit is a state, not an observed entry: first_active_at, first_done_at,
    last_done_at and all clocks are null; counts are 0; is_done and end_reason follow the state,
    and ended_at is null unless deleted.
23. rework_seconds is null without a completion, 0 with one. Unknown-status visits count in it.
24. end_reason: completed if the last visit is done, else cancelled if it is cancelled (ended_at =
    entry to that last run), else deleted.
25. has_status_conflict needs a current status and a history; mapped statuses are compared.
26. due, title (and a project's type, name, first_active, member) come from the current row; a
    task known from history alone takes the last non-null value of its kept rows.
27. A project starts at its first observed active visit, else first_active, else created.
28. Known projects: those with a current row or kept history. Deleted ones are known.
29. task_count counts deleted tasks; open and active counts do not.

Work in progress
30. Open = any phase but done and cancelled (before_history, unknown and imputed included).
    A task enters at the start of a maximal run of open phases and leaves at its end, also when
    that run has no length. A date is listed when an open run or an active run starts or ends.
31. Counts are at the end of the local date, or at as_of on its date.

Coordinators
33. A coordinator is anyone who ever brought a task to a category active in a kept row; at work on
    a local date with any kept row of task history. Rows of category active, waiting, paused or
    done are work; those with a history_user_id are attributed.

Freshness
32. Over modelled rows. The source time of a current-state row is coalesce(modified, created).
    Lateness (loaded_at - source time) is measured on events and history, of rows no earlier
    than the first load: what was there before came with it. Where there is no such row, they
    are complete through the latest source time. The current-state tables are copies, complete
    when copied: lateness null, taken as 0. A table without rows is complete through no moment
    at all: null.
"""
