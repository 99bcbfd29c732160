-- what answers to us: told again only where the occasion is there again
select * exclude (position, digest)
from {table}
where position > $through and recorded_at <= $until and not ({made}) and ({held})
order by position
