insert into house.key_record values (%(place)s, '', '', %(erased)s)
on conflict (place) do update set key = '', until = '', erased = excluded.erased
where key_record.erased = ''
