select place from house.key_record where erased <> '' and place like 'service/%' order by place
