delete from house.arrival where rows <= 0
