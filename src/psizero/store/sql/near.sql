and k.occurred_at = o.occurred_at
