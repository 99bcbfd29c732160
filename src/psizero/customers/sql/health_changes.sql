-- what moved each score between its last two mornings; the changes of a customer sum to that of
-- the score
with mornings as (
    select distinct occurred_at from health_scored
    where occurred_at > $now - interval 35 days
    order by occurred_at desc
    limit 2
),
pieces as (
    select subject as customer, occurred_at as scored_at, inputs,
           occurred_at = (select max(occurred_at) from mornings) as latest,
           unnest([
               {'metric': 'calls', 'points': calls_points},
               {'metric': 'success', 'points': success_points},
               {'metric': 'adoption', 'points': adoption_points},
               {'metric': 'tickets', 'points': tickets_points},
               {'metric': 'billing', 'points': billing_points},
               {'metric': 'login', 'points': login_points},
               {'metric': 'dashboard', 'points': dashboard_points},
               {'metric': 'documentation', 'points': documentation_points},
               {'metric': 'community', 'points': community_points},
               {'metric': 'feedback', 'points': feedback_points}
           ], recursive := true)
    from health_scored
    where occurred_at > $now - interval 35 days
      and occurred_at in (select occurred_at from mornings)
      and score is not null
),
moved as (
    select a.customer, a.metric, a.scored_at, b.scored_at as before_at,
           round(coalesce(a.points, 0) - coalesce(b.points, 0), 6) as change_points,
           json_extract_string(a.inputs, '$.' || a.metric) as input,
           json_extract_string(b.inputs, '$.' || a.metric) as input_before
    from pieces a join pieces b using (customer, metric)
    where a.latest and not b.latest
      and round(coalesce(a.points, 0) - coalesce(b.points, 0), 6) <> 0
),
spelled as (
    select *, coalesce(format('{:,}', try_cast(input as bigint)), input, 'unknown') as said,
           coalesce(format('{:,}', try_cast(input_before as bigint)), input_before, 'unknown')
               as said_before
    from moved
)
select customer, metric, scored_at, before_at, change_points, input, input_before,
       format('{:+.1f}: {} {} -> {}', change_points, metric, said_before, said) as because
from spelled
