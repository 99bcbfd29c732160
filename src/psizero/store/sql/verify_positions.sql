-- positions must run from 1 to the last without gap and without repetition
with seen as ({parts}),
ordered as (
    select kind, position, lag(position, 1, 0::bigint) over (order by position) as before from seen
)
select kind, position, before from ordered where position <> before + 1 order by position limit 20
