-- periods are counted from the original start, so that a month begun on the 31st comes back to it
with book as (
    select plan, valid_from, "interval" as unit, interval_count::integer as units
    from prices
    qualify row_number() over (partition by plan, valid_from order by version desc) = 1
),
-- a subscription older than its plan's first price keeps that price's interval
first_price as (
    select plan, arg_min(unit, valid_from) as unit, arg_min(units, valid_from) as units
    from book group by plan
),
timed as (
    select s.*, coalesce(b.unit, f.unit) as unit, coalesce(b.units, f.units) as units
    from subscriptions s
    join first_price f on f.plan = s.plan
    asof left join book b on s.plan = b.plan and s.started_at >= b.valid_from
),
anchored as (
    select *,
           -- usage may be 35 days late, so periods before that can get nothing any more
           coalesce(billed_through - interval 35 days, started_at) as since,
           case unit when 'month' then 31 when 'week' then 7 else 1 end * units as longest,
           case unit when 'month' then 28 when 'week' then 7 else 1 end * units as shortest
    from timed
),
counted as (
    select *, unnest(generate_series(
        greatest(0, date_diff('day', started_at, since) // longest - 1),
        date_diff('day', started_at, $now) // shortest + 1))::integer as n
    from anchored
    where started_at <= $now
),
spans as (
    select *,
           case unit when 'month' then started_at + to_months(n * units)
                when 'week' then started_at + to_days(7 * n * units)
                else started_at + to_days(n * units) end as period_start,
           case unit when 'month' then started_at + to_months((n + 1) * units)
                when 'week' then started_at + to_days(7 * (n + 1) * units)
                else started_at + to_days((n + 1) * units) end as period_end
    from counted
)
select subscription, customer, plan, period_start, period_end,
       coalesce(period_end <= billed_until, false) as invoiced,
       case when billed_until is null or period_end > billed_until then period_end end as open_end,
       coalesce(period_start >= ended_at, false) as correction,
       billed_through, started_at, ended_at, known_at
from spans
where period_start <= $now and period_end > since
  and (ended_at is null or period_start < ended_at + interval 35 days + to_days(longest))
