select batch, first_position, last_position, kinds, chunks, digest, chain from house.ledger
where batch > %(after)s and batch <= %(last)s
order by batch
limit %(most)s
