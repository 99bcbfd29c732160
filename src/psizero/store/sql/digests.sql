select {digest} as digest from incoming
