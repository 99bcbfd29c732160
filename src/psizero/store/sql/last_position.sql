select '{name}', coalesce(max(position), 0) from {table}
