(with batch as (select * from {table} where position between $first and $last)
{select})
