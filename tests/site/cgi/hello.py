#!/usr/bin/python3
# SECRET-cgi-source
print("Content-Type: text/plain")
print()
print("Hello from CGI")
