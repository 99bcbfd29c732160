-- the kept rows that the incoming ones touch, with every version between them
create or replace temp table folding as
with incoming as ({parts}),
touched as (select distinct {key} from incoming),
versions as (
    select 0 as fresh, {key}, {values}, from_position as position
    from {table} semi join touched using ({key})
    where to_position is null
    union all
    select 1, {key}, {values}, position from incoming
),
spells as (
    select *, {spell} as spell from versions
),
-- what comes before a key is opened counts for nothing, in whatever batches it comes
begun as (
    select * from spells
    qualify bool_or({opens}) over (partition by {key}, spell order by position)
),
folded as (
    select fresh, {key}, {folds}, position as from_position,
           lead(position) over (partition by {key} order by position) as to_position
    from begun
    window w as (partition by {key}, spell order by position
                 rows between unbounded preceding and current row)
)
select * from folded
