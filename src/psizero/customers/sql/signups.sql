-- whoever began to try, or signed up by themselves; a second trial is no second beginning
with begun as (
    select subject as customer, occurred_at, recorded_at, lead, null::varchar as industry,
           null::varchar as use_case, null::varchar as technology
    from trial_started where occurred_at > $now - interval 120 days
    union all
    select subject, occurred_at, recorded_at, null, industry, use_case, technology
    from customer_signed_up where occurred_at > $now - interval 120 days
),
first as (
    select customer, min(occurred_at) as signed_up_at, min(recorded_at) as known_at,
           max(lead) as lead, max(industry) as industry, max(use_case) as use_case,
           max(technology) as technology
    from begun group by customer
),
asked as (
    select subject as lead, last(industry order by position) as industry,
           last(technology order by position) as technology
    from lead_captured where occurred_at > $now - interval 240 days group by subject
),
accounts as (
    select subject as customer, last(segment order by position) as segment,
           last(zone order by position) as zone
    from customer_created where occurred_at > $now - interval 150 days group by subject
)
select f.customer, signed_up_at, known_at, coalesce(f.industry, a.industry) as industry, use_case,
       coalesce(f.technology, a.technology) as technology, segment, zone,
       c.customer is not null as account
from first f left join asked a using (lead) left join accounts c using (customer)
