select count(*) from {table} where recorded_at < $until and position is not null {since}
