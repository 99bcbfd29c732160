create temp table if not exists staged (
    kind text, source text collate "C", id text collate "C",
    position bigint, occurred_at timestamp, recorded_at timestamp
) on commit delete rows
