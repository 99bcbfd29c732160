-- a price is paid from the first period that starts when it is in force
with running as (
    select x.subscription, x.customer, x.plan, x.version as pinned, x.quantity,
           x.starts_at as started_at, least(x.ends_at, s.ended_at) as ended_at, x.anchor,
           x."interval", x.interval_count, x.months, x.days
    from subscription_spans x
    join subscriptions s using (subscription)
    where x.starts_at <= $now
),
pinned as (
    select r.*, r.started_at as valid_from, v.currency,
           (v.terms ->> '$.base')::decimal(38,15) as base, v.terms ->> '$.seats' as seats
    from running r
    join prices v on v.plan = r.plan and v.version = r.pinned and v.terms <> '{}'
),
steps as (
    select r.*, p.valid_from, p.currency, p.base, p.seats,
           -- the period before or at valid_from; that one or the next starts when it is in force
           case when r.months > 0 then date_diff('month', anchor, valid_from) // r.months
                else date_diff('day', anchor, valid_from) // r.days end::integer as n
    from (from running anti join pinned using (subscription, started_at)) r
    join price_steps p
      on p.plan = r.plan and coalesce(p.valid_until > r.started_at, true)
),
paid as (
    select *, anchor + to_months(n * months) + to_days(n * days) as this_start,
           anchor + to_months((n + 1) * months) + to_days((n + 1) * days) as next_start
    from steps
),
begun as (
    select * exclude (this_start, next_start, n),
           case when valid_from <= started_at then started_at
                when valid_from <= this_start then this_start else next_start end as starts_at
    from paid
    union all by name
    select *, started_at as starts_at from pinned
    union all by name
    -- before its plan's first price, and where no price is known at all, nothing is to be paid
    select r.*, null as valid_from, coalesce(p.currency, 'unknown') as currency, null as base,
           null as seats, r.started_at as starts_at
    from (from running anti join pinned using (subscription, started_at)) r
    left join (from price_steps qualify row_number() over (
                   partition by plan order by valid_from) = 1) p on p.plan = r.plan
    where p.plan is null or r.started_at < p.valid_from
),
settled as (
    from begun
    where coalesce(starts_at < ended_at, true)
    qualify row_number() over (
        partition by subscription, starts_at order by valid_from desc nulls last) = 1
)
select subscription, customer, plan, quantity, currency, base, seats, "interval", interval_count,
       starts_at,
       least(ended_at, lead(starts_at) over (partition by subscription order by starts_at))
           as ends_at
from settled
where starts_at <= $now
