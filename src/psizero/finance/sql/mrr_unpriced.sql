with months as (
    select *, unnest(generate_series(
        date_trunc('month', starts_at), least(ends_at, $now), interval 1 month)) as period_start
    from subscription_fees
    where base is null
)
select period_start, period_start + interval 1 month as period_end, plan,
       count(*) as subscriptions, count(distinct customer) as customers
from months
where period_start + interval 1 month <= least(ends_at, $now)
group by all
