select nextval('house.arrivals')
