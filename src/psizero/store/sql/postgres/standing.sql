select last_position, sealed_at, rolled_until, batches, chain from house.standing
