select coalesce(max(position), 0) from {table} where recorded_at <= $now
