create table if not exists {table} (
    {columns},
    from_position bigint not null,
    to_position bigint
)
