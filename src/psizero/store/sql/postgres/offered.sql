create temp table if not exists offered (
    nth bigint, source text collate "C", id text collate "C", occurred_at timestamp, digest bytea
) on commit delete rows
