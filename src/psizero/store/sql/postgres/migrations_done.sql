select coalesce(max(number), 0) from house.migration
