"by" = 'policy'
