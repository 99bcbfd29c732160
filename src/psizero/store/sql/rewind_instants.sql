select distinct occurred_at from ({parts}) where occurred_at <= $until order by occurred_at
