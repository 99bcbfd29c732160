{query} {order} limit $limit offset $offset
