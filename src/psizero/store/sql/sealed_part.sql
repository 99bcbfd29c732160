select '{kind}' as kind, source, id, position, occurred_at, recorded_at from {table}
where position between $first and $last
