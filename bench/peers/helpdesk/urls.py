"""Where its pages and its interface are."""

from django.urls import include, path

urlpatterns = [path("helpdesk/", include("helpdesk.urls"))]
