"""No application in here. SECRET-wsgi-nothing"""
