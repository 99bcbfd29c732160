select id, kind from house.arrival where kind = any(%(kinds)s) order by id
