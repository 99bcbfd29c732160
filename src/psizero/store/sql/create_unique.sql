create unique index if not exists {name} on {table} ({columns})
