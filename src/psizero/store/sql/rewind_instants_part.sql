select occurred_at from {table} where position > $through and ({made})
