select max(recorded_at) as recorded_at from {table} where position <= $through
