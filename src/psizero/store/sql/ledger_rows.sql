select batch, first_position, last_position, kinds, chunks, digest, chain from ledger order by batch
