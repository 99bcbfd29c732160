select count(*)::bigint as customers from customers_known
