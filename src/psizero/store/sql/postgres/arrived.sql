select true from house.arrival where id = %(arrival)s
