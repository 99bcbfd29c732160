-- the last six finished UTC days of every meter that a paying customer uses, each held against the
-- same weekday of the four weeks before, and against what everybody's use came to on that day
with used as (
    select customer, meter, date_trunc('day', start)::timestamp as day, start, properties, quantity
    from usage_recorded
    where start >= date_trunc('day', $now) - interval 35 days and start < date_trunc('day', $now)
),
daily as (
    select customer, meter, day, sum(quantity) as quantity
    from used
    group by all
),
-- a quarter-hour of which several hand-ins each said the same quantity
cells as (
    select customer, meter, day, sum(quantity) as quantity,
           count(*) > 1 and min(quantity) = max(quantity) as again
    from used
    where day >= date_trunc('day', $now) - interval 6 days
    group by customer, meter, day, start, properties
),
repeated as (
    select customer, meter, day, sum(quantity) as again_quantity, count(*) as again_cells
    from cells where again
    group by all
),
grid as (
    select k.customer, k.meter, k.first_day,
           (date_trunc('day', $now) - to_days(n::integer))::timestamp as day
    from (select customer, meter, min(day) as first_day from daily group by all) k
    cross join range(1, 7) days(n)
    semi join (
        select customer from subscriptions
        where started_at <= $now - interval 6 days and coalesce(ended_at > $now, true)
    ) s using (customer)
),
before as (
    select g.customer, g.meter, g.day, count(*) as weeks,
           median(coalesce(d.quantity, 0)) as usual, min(coalesce(d.quantity, 0)) as lowest
    from grid g
    cross join range(1, 5) back(n)
    left join daily d
      on d.customer = g.customer and d.meter = g.meter and d.day = g.day - to_days(7 * n::integer)
    where g.day - to_days(7 * n::integer) >= g.first_day
    group by all
),
peaks as (
    select g.customer, g.meter, g.day, max(d.quantity) as highest
    from grid g
    join daily d
      on d.customer = g.customer and d.meter = g.meter
     and d.day >= g.day - interval 28 days and d.day < g.day
    group by all
),
known as (
    select g.customer, g.meter, g.day, coalesce(d.quantity, 0)::decimal(38,9) as quantity,
           coalesce(r.again_quantity, 0)::decimal(38,9) as again_quantity,
           coalesce(r.again_cells, 0) as again_cells,
           coalesce(b.weeks, 0) as weeks,
           b.usual::decimal(38,9) as usual, b.lowest::decimal(38,9) as lowest,
           p.highest::decimal(38,9) as highest
    from grid g
    left join before b using (customer, meter, day)
    left join peaks p using (customer, meter, day)
    left join daily d using (customer, meter, day)
    left join repeated r using (customer, meter, day)
)
select *, round(median(quantity::double / usual::double) filter (usual > 0)
                over (partition by meter, day), 6) as house_share
from known
