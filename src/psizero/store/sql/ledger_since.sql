select batch, first_position, last_position, kinds, chunks, digest, chain from ledger
where batch > $batch order by batch
