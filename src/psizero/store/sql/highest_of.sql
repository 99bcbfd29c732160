select coalesce(max("{column}"), 0) from {table} where position is not null
