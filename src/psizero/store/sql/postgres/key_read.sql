select key, until, erased from house.key_record where place = %(place)s
