-- closes every recording quarter-hour that ended: one row per subject, group, start and recording
insert into {table}
select subject, {by}, time_bucket(interval 15 minutes, occurred_at) as start,
       time_bucket(interval 15 minutes, recorded_at) as recorded,
       sum({quantity})::decimal(38,9), count(*), max(position)
from {source}
where position is not null {since} and recorded_at < $until
group by all
order by recorded, start, subject, {by}
