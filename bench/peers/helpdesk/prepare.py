"""Makes the tables, a queue, a member of staff and as many tickets as the argument says; prints the token."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

import django

django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command
from helpdesk.models import Queue, Ticket
from rest_framework.authtoken.models import Token

call_command("migrate", verbosity=0)
staff = get_user_model().objects.create_superuser("bench", "bench@example.org", "bench")
queue = Queue.objects.create(title="Bench", slug="bench")
for number in range(int(sys.argv[1])):
    Ticket.objects.create(queue=queue, title=f"Ticket {number}", submitter_email=f"{number}@example.org")
print(Token.objects.create(user=staff).key)
