delete from house.stop where scope = %(scope)s
