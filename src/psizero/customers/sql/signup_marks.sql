-- what stands in the log already of whoever began within 120 days
with begun as (
    select subject as customer, first(occurred_at order by position) as begun_at,
           first(call_at order by position) as call_at
    from onboarding_begun where recorded_at > $now - interval 120 days group by subject
),
reached as (
    select subject as customer, milestone, first(reached_at order by position) as taken_at
    from milestone_reached where recorded_at > $now - interval 120 days
    group by subject, milestone
),
marked as (
    select customer,
           max(taken_at) filter (milestone = 'first_api_call') as first_api_call,
           max(taken_at) filter (milestone = 'first_successful_request')
               as first_successful_request,
           max(taken_at) filter (milestone = '10_requests_completed') as "10_requests_completed",
           max(taken_at) filter (milestone = 'first_production_use') as first_production_use
    from reached group by customer
),
rated as (
    select subject as customer, last(score order by position) as score,
           max(occurred_at) as rated_at
    from survey_answered
    where occurred_at > $now - interval 120 days and about = 'onboarding' group by subject
)
select * from begun full join marked using (customer) full join rated using (customer)
