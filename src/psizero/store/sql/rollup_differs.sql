-- the roll-up made again from the events of the closed quarter-hours, compared in either direction
with anew as (
    select subject, {by}, time_bucket(interval 15 minutes, occurred_at) as start,
           time_bucket(interval 15 minutes, recorded_at) as recorded,
           sum({quantity})::decimal(38,9) as quantity, count(*) as events,
           max(position) as position
    from {source}
    where position is not null and recorded_at < $until
    group by all
)
select (select count(*) from (from anew except all from {table}))
     + (select count(*) from (from {table} except all from anew))
