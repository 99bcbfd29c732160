update standing
set last_position = $last, sealed_at = $sealed_at, rolled_until = $rolled_until,
    batches = $batches, chain = $chain
