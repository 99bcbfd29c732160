-- what a subscription is on from when to when; a change that waits for the end of its period begins
-- with the next one, and another length of the periods makes them count anew from where it begins
with recursive ordered as (
    select *, row_number() over (partition by subscription order by changed_at, change) as step
    from subscription_changes
),
stepped as (
    select s.subscription, 0::bigint as step, s.customer, s.plan, s.version, s.quantity,
           s.started_at as starts_at, s.started_at as anchor,
           i."interval", i.interval_count, i.months, i.days
    from subscriptions s
    left join subscription_intervals i using (subscription)
    where s.started_at is not null
    union all
    select subscription, step, customer, plan, version, quantity, starts_at,
           case when moved then starts_at else anchor end as anchor,
           case when moved then new_interval else "interval" end as "interval",
           case when moved then new_count else interval_count end as interval_count,
           case when moved then new_months else months end as months,
           case when moved then new_days else days end as days
    from (
        select b.* exclude (this_start, next_start, changed_at, effective),
               greatest(starts_at_before, case
                   when effective = 'now' or b.months is null then changed_at
                   when changed_at <= this_start then this_start
                   else next_start end) as starts_at,
               x."interval" as new_interval, x.interval_count as new_count,
               x.months as new_months, x.days as new_days,
               x.plan is not null and (x.months, x.days) is distinct from (b.months, b.days)
                   as moved
        from (
            select p.subscription, c.step, p.customer, coalesce(c.plan, p.plan) as plan,
                   case when c.version is not null or c.plan is not null then c.version
                        else p.version end as version,
                   coalesce(c.quantity, p.quantity) as quantity,
                   p.starts_at as starts_at_before, p.anchor, p."interval", p.interval_count,
                   p.months, p.days, c.changed_at, c.effective,
                   p.anchor + to_months(p.months * (case when p.months > 0 then
                       date_diff('month', p.anchor, c.changed_at) // p.months else 0 end)::integer)
                       + to_days(p.days * (case when p.days > 0 then
                       date_diff('day', p.anchor, c.changed_at) // p.days else 0 end)::integer)
                       as this_start,
                   p.anchor + to_months(p.months * (case when p.months > 0 then
                       date_diff('month', p.anchor, c.changed_at) // p.months + 1 else 0 end)
                       ::integer)
                       + to_days(p.days * (case when p.days > 0 then
                       date_diff('day', p.anchor, c.changed_at) // p.days + 1 else 0 end)::integer)
                       as next_start
            from stepped p
            join ordered c on c.subscription = p.subscription and c.step = p.step + 1
        ) b
        left join price_steps x
          on x.plan = b.plan and b.changed_at >= x.valid_from
         and b.changed_at < coalesce(x.valid_until, 'infinity'::timestamp)
    )
),
followed as (
    -- few subscriptions change, and only these need the search for what comes next
    select *, lead(starts_at) over (partition by subscription order by step) as ends_at
    from stepped semi join subscription_changes using (subscription)
    union all
    select *, null::timestamp as ends_at
    from stepped anti join subscription_changes using (subscription)
)
from followed
where ends_at is null or starts_at < ends_at
