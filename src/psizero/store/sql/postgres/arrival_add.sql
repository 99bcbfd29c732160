insert into house.arrival values (%(arrival)s, %(kind)s, %(rows)s)
