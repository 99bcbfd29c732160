vacuum house.key_record
