select batch, last_position, chain from ledger order by batch desc limit 1 offset {batches}
