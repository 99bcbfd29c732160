-- nothing is asked for by the log: whoever wants a quote gives the rows
select null::varchar as quote, null::varchar as request
where false
