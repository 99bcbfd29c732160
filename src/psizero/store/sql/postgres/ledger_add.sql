insert into house.ledger
values (%(batch)s, %(first)s, %(last)s, %(kinds)s, %(chunks)s, %(digest)s, %(chain)s)
