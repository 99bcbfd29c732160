-- a price is paid from the first period that starts when it is in force
with running as (
    select s.subscription, s.customer, s.plan, s.quantity, s.started_at, s.ended_at,
           i."interval", i.interval_count, i.months, i.days
    from subscriptions s
    left join subscription_intervals i using (subscription)
    where s.started_at <= $now
),
steps as (
    select r.*, p.valid_from, p.currency, p.base,
           -- the period before or at valid_from; that one or the next starts when it is in force
           case when r.months > 0 then date_diff('month', started_at, valid_from) // r.months
                else date_diff('day', started_at, valid_from) // r.days end::integer as n
    from running r
    join price_steps p
      on p.plan = r.plan and coalesce(p.valid_until > r.started_at, true)
),
paid as (
    select *, started_at + to_months(n * months) + to_days(n * days) as this_start,
           started_at + to_months((n + 1) * months) + to_days((n + 1) * days) as next_start
    from steps
),
begun as (
    select * exclude (this_start, next_start, n),
           case when valid_from <= started_at then started_at
                when valid_from <= this_start then this_start else next_start end as starts_at
    from paid
    union all by name
    -- before its plan's first price, and where no price is known at all, nothing is to be paid
    select r.*, null as valid_from, coalesce(p.currency, 'unknown') as currency, null as base,
           r.started_at as starts_at
    from running r
    left join (from price_steps qualify row_number() over (
                   partition by plan order by valid_from) = 1) p on p.plan = r.plan
    where p.plan is null or r.started_at < p.valid_from
),
settled as (
    from begun
    qualify row_number() over (
        partition by subscription, starts_at order by valid_from desc nulls last) = 1
)
select subscription, customer, plan, quantity, currency, base, "interval", interval_count,
       starts_at,
       least(ended_at, lead(starts_at) over (partition by subscription order by starts_at))
           as ends_at
from settled
where starts_at <= $now and coalesce(starts_at < ended_at, true)
