-- a ticket opened because of an action of ours counts as open, and not against the customer
with opened as (
    select subject as customer, ticket, min(occurred_at) as opened_at,
           max(occurred_at) as asked_at, bool_and(cause is not null) as prompted
    from ticket_opened
    where occurred_at >= date_trunc('day', $now) - interval 91 days
      and occurred_at < date_trunc('day', $now)
    group by subject, ticket
),
closed as (
    select subject as customer, ticket, max(occurred_at) as closed_at
    from ticket_closed
    where occurred_at >= date_trunc('day', $now) - interval 91 days
      and occurred_at < date_trunc('day', $now)
    group by subject, ticket
),
stood as (
    select customer, opened_at, prompted, coalesce(closed_at < asked_at, true) as open
    from opened left join closed using (customer, ticket)
)
select customer,
       count(*) filter (not prompted
           and (open or opened_at >= date_trunc('day', $now) - interval 28 days)) as tickets,
       count(*) filter (open) as open_tickets
from stood
group by customer
