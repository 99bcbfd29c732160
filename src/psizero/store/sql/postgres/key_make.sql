insert into house.key_record values (%(place)s, %(key)s, %(until)s, %(erased)s)
on conflict (place) do nothing
