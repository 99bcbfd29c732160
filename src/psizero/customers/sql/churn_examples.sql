-- features as they were kept then; whoever has no subscription 30 days later has left
with scored as (
    select * from churn_scored
    where occurred_at > $now - interval 400 days and occurred_at <= $now - interval 30 days
),
stayed as (
    select distinct s.subject, s.occurred_at
    from scored s join subscriptions_held h on h.subject = s.subject
    where h.started_at <= s.occurred_at + interval 30 days
      and coalesce(h.ended_at > s.occurred_at + interval 30 days
                   or h.ended_at < h.started_at, true)
)
select s.subject as customer, s.occurred_at as scored_at, s.plan, s.probability, s.model,
       s.week_pace, s.month_pace, s.silent_days, s.visit_pace, s.tickets, s.ticket_mood,
       s.declines, s.owing, s.rivals_cut, s.segment_pace, s.age,
       (k.subject is null)::integer::double as gone
from scored s left join stayed k on k.subject = s.subject and k.occurred_at = s.occurred_at
