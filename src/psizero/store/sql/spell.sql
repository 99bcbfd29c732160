coalesce(sum((not "{open_when}")::integer) over (
    partition by {key} order by position
    rows between unbounded preceding and 1 preceding), 0)
