"""What may a caller of the public API ask and do?"""
