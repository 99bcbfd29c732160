-- what stands stays where it stood; what came later from elsewhere is in the feed again
insert into scratch.{table} by name
select * replace (case when position <= $through then position end as position)
from {table}
where ({stands}) or (position > $through and recorded_at <= $until
                     and not ({made}) and not ({held}) and ({known}))
