-- `folding` holds the fold over all events; what stands differs in either direction
with anew as (select {columns} from folding where {open_when}),
stands as (select {columns} from {table})
select (select count(*) from (from anew except all from stands))
     + (select count(*) from (from stands except all from anew))
