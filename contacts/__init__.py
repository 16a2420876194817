"""What is a contact, and which words do all rooms share?"""
