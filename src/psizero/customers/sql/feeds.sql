-- a feed is there when anybody's row of it is
with used as (
    select meter, properties, min(start) as first_at, max(start) as last_at
    from usage_recorded
    where start >= date_trunc('day', $now) - interval 91 days
    group by meter, properties
),
seen as (
    select 'meter ' || meter as feed, first_at, last_at from used
    union all
    select 'meters', first_at, last_at from used
    union all
    select 'status ' || meter, first_at, last_at from used
    where json_extract_string(properties, '$.status') is not null
    union all
    select 'activity ' || activity, start, start from activity_recorded
    where start >= date_trunc('day', $now) - interval 91 days
    union all
    select 'tickets', occurred_at, occurred_at from ticket_opened
    where occurred_at >= date_trunc('day', $now) - interval 91 days
    union all
    select 'tickets', occurred_at, occurred_at from ticket_closed
    where occurred_at >= date_trunc('day', $now) - interval 91 days
    union all
    select 'payments', occurred_at, occurred_at from payment_succeeded
    where occurred_at >= date_trunc('day', $now) - interval 91 days
    union all
    select 'payments', occurred_at, occurred_at from payment_failed
    where occurred_at >= date_trunc('day', $now) - interval 91 days
)
select feed, min(first_at) as first_at, max(last_at) as last_at
from seen
group by feed
