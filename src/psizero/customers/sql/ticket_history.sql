with opened as (
    select ticket, min(subject) as customer, min(occurred_at) as opened_at,
           max(occurred_at) as last_opened_at
    from ticket_opened where occurred_at > $now - interval 91 days group by ticket
),
closed as (
    select ticket, max(occurred_at) as closed_at
    from ticket_closed where occurred_at > $now - interval 91 days group by ticket
),
said as (
    select ticket, count(*) filter (direction = 'in' and author = 'customer') as messages,
           max(occurred_at) filter (direction = 'in' and author = 'customer') as asked_at,
           min(occurred_at) filter (direction = 'out' and author = 'staff') as staff_at,
           max(occurred_at) filter (direction = 'out' and author = 'staff') as staff_last_at,
           min(occurred_at) filter (direction = 'out' and author = 'autopilot') as posted_at
    from ticket_said where occurred_at > $now - interval 91 days group by ticket
),
rated as (
    select ticket, last(score order by position) as score, max(occurred_at) as rated_at
    from ticket_rated where occurred_at > $now - interval 91 days group by ticket
),
routed as (
    select ticket, last(category order by position) as category,
           last(priority order by position) as priority, last(team order by position) as team,
           last(silent order by position) as silent, first(category order by position) as told
    from ticket_routed where recorded_at > $now - interval 91 days group by ticket
),
corrected as (
    select ticket, last(category order by position) as category,
           last(priority order by position) as priority, last(team order by position) as team,
           max(recorded_at) as corrected_at
    from ticket_corrected where recorded_at > $now - interval 91 days group by ticket
),
escalated as (
    select ticket, min(recorded_at) as escalated_at, last(owner order by position) as owner
    from ticket_escalated where recorded_at > $now - interval 91 days group by ticket
),
replied as (
    select ticket, min(sent_at) filter (form <> 'survey') as replied_at,
           max(sent_at) filter (form <> 'survey') as last_replied_at,
           bool_or(form = 'answer' and sent_at is not null) as answered,
           bool_or(form = 'survey') as surveyed
    from ticket_replies where decided_at > $now - interval 91 days group by ticket
),
-- while nobody but the customer has to say something the clock stands still
spoken as (
    select ticket, occurred_at as moment, direction = 'out' as ours from ticket_said
    where occurred_at > $now - interval 91 days and author <> 'machine'
    union all
    select ticket, sent_at, true from ticket_replies
    where sent_at > $now - interval 91 days and form = 'answer'
),
followed as (
    select *, lead(moment) over w as next_at, lead(ours) over w as next_ours from spoken
    window w as (partition by ticket order by moment, ours)
),
paused as (
    select ticket, string_agg(moment::varchar, ',' order by moment) as paused_at,
           string_agg(coalesce(case when not next_ours then next_at end::varchar, ''), ','
                      order by moment) as resumed_at
    from followed where ours and coalesce(not next_ours, true) group by ticket
)
select ticket, customer, opened_at, last_opened_at,
       case when closed_at >= last_opened_at then closed_at end as closed_at,
       coalesce(messages, 0) as messages, asked_at, staff_at, staff_last_at,
       coalesce(replied_at, posted_at) as replied_at, last_replied_at,
       coalesce(answered, false) as answered, coalesce(surveyed, false) as surveyed, score,
       rated_at, coalesce(c.category, r.category) as category,
       coalesce(c.priority, r.priority) as priority, coalesce(c.team, r.team) as team,
       coalesce(silent, '') as silent, corrected_at, escalated_at, owner,
       paused_at, resumed_at
from opened
left join closed using (ticket)
left join said using (ticket)
left join rated using (ticket)
left join routed r using (ticket)
left join corrected c using (ticket)
left join escalated using (ticket)
left join replied using (ticket)
left join paused using (ticket)
