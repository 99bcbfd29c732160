select {columns}, nth from (
    select position, nth, {stored} from event.{table}
    union all
    select null, nth, {stored} from inbox.{table}
) lying
where nth > %(after)s
order by nth
limit %(most)s
