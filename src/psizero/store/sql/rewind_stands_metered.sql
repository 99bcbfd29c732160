position <= $through and recorded_at >= $rolled
