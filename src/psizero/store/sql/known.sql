-- the instant is compared too, so that of a long history only rows near it are looked at
with met as (
    select o.*, k.digest as stands
    from incoming o
    join {table} k on k.source = o.source and k.id = o.id and k.occurred_at = o.occurred_at
)
select nth from met where stands = {digest}
