select place, key, until, erased from house.key_record order by place
