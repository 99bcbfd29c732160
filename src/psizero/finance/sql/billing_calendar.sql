-- periods are counted from the original start, so that a month begun on the 31st comes back to it;
-- another length of the periods makes them count anew, and cuts the one that ran
with several as (
    select subscription from subscription_spans where step > 0
),
phases as (
    select subscription, anchor, months, days,
           lead(anchor) over (partition by subscription order by anchor) as anew_at
    from (
        from subscription_spans semi join several using (subscription)
        where months is not null
        qualify row_number() over (partition by subscription, anchor order by step desc) = 1
    )
    union all
    select subscription, anchor, months, days, null::timestamp as anew_at
    from subscription_spans anti join several using (subscription)
    where months is not null
),
anchored as (
    select s.* exclude (plan, version, quantity), p.anchor, p.anew_at, p.months, p.days,
           least(p.anew_at, s.cut_at) as stops_at,
           -- usage may be 35 days late, so periods before that can get nothing any more
           coalesce(billed_through - interval 35 days, started_at) as since,
           31 * p.months + p.days as longest, 28 * p.months + p.days as shortest
    from subscriptions s
    join phases p using (subscription)
),
counted as (
    select *, unnest(generate_series(
        greatest(0, date_diff('day', anchor, since) // longest - 1),
        date_diff('day', anchor, least($now, anew_at)) // shortest + 1))::integer as n
    from anchored
    where anchor <= $now
),
spans as (
    select *, anchor + to_months(n * months) + to_days(n * days) as period_start,
           anchor + to_months((n + 1) * months) + to_days((n + 1) * days) as whole_end
    from counted
),
cut as (
    select *, case when period_start < stops_at then least(whole_end, stops_at)
                   else whole_end end as period_end
    from spans
    where coalesce(period_start < anew_at, true)
)
select c.subscription, c.customer, x.plan, x.version, x.quantity, period_start, period_end,
       whole_end, coalesce(period_end <= billed_until, false) as invoiced,
       case when billed_until is null or period_end > billed_until then period_end end as open_end,
       coalesce(period_start >= ended_at, false) as correction,
       billed_through, started_at, ended_at, known_at, term
from cut c
join subscription_spans x
  on x.subscription = c.subscription and x.starts_at <= c.period_start
 and coalesce(c.period_start < x.ends_at, true)
where period_start <= $now and period_end > since
  and (ended_at is null or period_start < ended_at + interval 35 days + to_days(longest))
