insert into house.stop values (%(scope)s, %(said)s)
on conflict (scope) do update set said = excluded.said
