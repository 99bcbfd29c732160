-- periods are counted from the original start, so that a month begun on the 31st comes back to it
with anchored as (
    select s.*, i.months, i.days,
           -- usage may be 35 days late, so periods before that can get nothing any more
           coalesce(billed_through - interval 35 days, started_at) as since,
           31 * i.months + i.days as longest, 28 * i.months + i.days as shortest
    from subscriptions s
    join subscription_intervals i using (subscription)
),
counted as (
    select *, unnest(generate_series(
        greatest(0, date_diff('day', started_at, since) // longest - 1),
        date_diff('day', started_at, $now) // shortest + 1))::integer as n
    from anchored
    where started_at <= $now
),
spans as (
    select *, started_at + to_months(n * months) + to_days(n * days) as period_start,
           started_at + to_months((n + 1) * months) + to_days((n + 1) * days) as period_end
    from counted
)
select subscription, customer, plan, quantity, period_start, period_end,
       coalesce(period_end <= billed_until, false) as invoiced,
       case when billed_until is null or period_end > billed_until then period_end end as open_end,
       coalesce(period_start >= ended_at, false) as correction,
       billed_through, started_at, ended_at, known_at
from spans
where period_start <= $now and period_end > since
  and (ended_at is null or period_start < ended_at + interval 35 days + to_days(longest))
