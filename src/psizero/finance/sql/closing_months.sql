-- in order, none left out; what was served before the months shown is for a person to open with
with bounds as (
    select greatest(date_trunc('month', min(started_at)),
                    date_trunc('month', $now) - interval 3 months,
                    (select max(closed_until) from months_closed)) as first
    from subscriptions
    where started_at <= $now
),
months as (
    select unnest(generate_series(first, date_trunc('month', $now), interval 1 month))
               ::timestamp as month_start
    from bounds
    where first is not null
)
select strftime(month_start, '%Y-%m') as month, month_start,
       month_start + interval 1 month as month_end
from months
