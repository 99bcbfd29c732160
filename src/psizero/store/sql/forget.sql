delete from {table} where position is null
