select coalesce(max(position), 0) from event.{table} where recorded_at <= %(at)s
