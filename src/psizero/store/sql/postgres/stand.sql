update house.standing
set last_position = %(last)s, sealed_at = %(sealed_at)s, rolled_until = %(rolled_until)s,
    batches = %(batches)s, chain = %(chain)s
where batches = %(expected)s and fence = %(fence)s
