-- one row a customer whose first subscription began four weeks ago or earlier, and that has one;
-- finished UTC days alone
with held as (
    select subject as customer, min(started_at) as since,
           bool_or(started_at <= $now
               and coalesce(ended_at > $now or ended_at < started_at, true)) as holds
    from subscriptions_held group by subject
),
asked as (
    select customer, since from held where holds and since <= $now - interval 28 days
),
spans as (
    select customer, quantity, date_diff('day', start, date_trunc('day', $now)) as ago
    from usage_recorded semi join asked using (customer)
    where start >= date_trunc('day', $now) - interval 63 days and start < date_trunc('day', $now)
),
used as (
    select customer, coalesce(sum(quantity) filter (ago <= 7), 0)::bigint as week,
           coalesce(sum(quantity) filter (ago between 8 and 35), 0)::bigint as month,
           coalesce(sum(quantity) filter (ago > 35), 0)::bigint as before, min(ago) as silent
    from spans group by customer
),
looked as (
    select customer,
           coalesce(sum(quantity) filter (
               start >= date_trunc('day', $now) - interval 14 days), 0)::bigint as lately,
           coalesce(sum(quantity) filter (
               start < date_trunc('day', $now) - interval 14 days), 0)::bigint as earlier
    from activity_recorded
    where start >= date_trunc('day', $now) - interval 42 days and start < date_trunc('day', $now)
      and prompted = 'no'
    group by customer
),
routed as (
    select subject as customer, count(*) as tickets,
           sum((sentiment * 1000000)::bigint) as felt
    from ticket_routed
    where recorded_at > $now - interval 60 days and recorded_at <= $now and silent = ''
    group by subject
),
declined as (
    select subject as customer, count(*) as declines, max(occurred_at) as last_at
    from payment_failed
    where occurred_at > $now - interval 90 days and occurred_at <= $now group by subject
),
paid as (
    select subject as customer, max(occurred_at) as paid_at
    from payment_succeeded
    where occurred_at > $now - interval 90 days and occurred_at <= $now group by subject
),
rivals as (
    select subject as rival, plan, first(price_minor order by position) as was,
           last(price_minor order by position) as asks
    from market_page_fetched
    where occurred_at > $now - interval 90 days and occurred_at <= $now
      and price_minor is not null
    group by subject, plan
),
cuts as (select coalesce(avg((asks < was)::integer), 0) as cut from rivals),
plans as (
    select customer, min(plan) as plan from subscriptions
    where plan is not null and started_at <= $now and coalesce(ended_at > $now, true)
    group by customer
),
each as (
    select customer, coalesce(plan, '') as plan, since,
           ln((coalesce(week, 0) / 7.0 + 1) / (coalesce(month, 0) / 28.0 + 1)) as week_pace,
           case when since <= $now - interval 63 days
                then ln((coalesce(month, 0) / 28.0 + 1) / (coalesce(before, 0) / 28.0 + 1))
                else 0 end as month_pace,
           least(coalesce(silent, 63), 28)::double as silent_days,
           ln((coalesce(lately, 0) / 14.0 + 0.2) / (coalesce(earlier, 0) / 28.0 + 0.2))
               as visit_pace,
           coalesce(tickets, 0)::double as tickets,
           coalesce(felt / tickets / 1000000.0, 0) as ticket_mood,
           coalesce(declines, 0)::double as declines,
           (last_at is not null and coalesce(paid_at < last_at, true))::integer::double as owing,
           date_diff('day', since, $now) as days
    from asked left join used using (customer) left join looked using (customer)
    left join routed using (customer) left join declined using (customer)
    left join paid using (customer) left join plans using (customer)
)
select customer, plan, days, round(week_pace, 6) as week_pace, round(month_pace, 6) as month_pace,
       silent_days, round(visit_pace, 6) as visit_pace, tickets,
       round(ticket_mood, 6) as ticket_mood, declines, owing, round(cut, 6)::double as rivals_cut
from each cross join cuts
