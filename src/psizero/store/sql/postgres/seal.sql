-- what waited moves to what is sealed, with the position and the instants that it was given
with moved as (
    delete from inbox.{table} i
    using staged s, known.{table} k
    where s.kind = '{kind}' and k.source = s.source and k.id = s.id and i.nth = k.nth
    returning i.*, s.position, s.occurred_at as happened, s.recorded_at as stamp
),
left_over as (
    update house.arrival a set rows = a.rows - m.rows
    from (select nth >> 20 as id, count(*) as rows from moved group by 1) m
    where a.id = m.id
),
dated as (
    update known.{table} k set occurred_at = m.happened
    from moved m
    where m.occurred_at is null and k.source = m.source and k.id = m.id
)
insert into event.{table} (position, nth, occurred_at, recorded_at, {columns})
select position, nth, happened, stamp, {columns} from moved
