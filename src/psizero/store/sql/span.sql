select * from {table} where position between $first and $last order by position
