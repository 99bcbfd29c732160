select chain from house.ledger where batch = %(batch)s
