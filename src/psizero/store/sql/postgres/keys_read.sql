select place, key, until, erased from house.key_record where place = any(%(places)s)
