insert into {table}
select {key}, {values}, from_position, to_position from folding
where fresh = 1 and {open_when}
order by from_position, {key}
