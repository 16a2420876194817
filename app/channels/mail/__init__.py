"""How do mails come in and go out?"""
