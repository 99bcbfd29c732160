select '{kind}' as kind, position from {table} where position is not null
