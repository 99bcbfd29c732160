"""The tables of onboarding."""

from psizero.core.tables import Derived, View
from psizero.customers import letters, onboarding

TABLES = (
    View(
        name="signups",
        reads=("trial_started", "customer_signed_up", "lead_captured", "customer_created"),
        grain=("customer",),
        doc="Who began within 120 days, with what the form and the account say of them.",
    ),
    View(
        name="signup_use",
        reads=("signups", "usage_recorded"),
        grain=("customer",),
        doc="When whoever began within 45 days first called, succeeded, ten times, and went live.",
    ),
    View(
        name="signup_marks",
        reads=("onboarding_begun", "milestone_reached", "survey_answered"),
        grain=("customer",),
        doc="What stands in the log of the onboarding of whoever began within 120 days.",
    ),
    Derived(
        name="onboarding",
        reads=("signups", "signup_use", "signup_marks"),
        grain=("customer",),
        doc="The checklist of whoever began within 120 days: each milestone, and what is missing.",
        compute=onboarding.checklists,
    ),
    Derived(
        name="onboarding_letters",
        reads=("onboarding", "settings"),
        grain=("customer", "letter"),
        doc="The letters of onboarding that are due now, in words.",
        compute=letters.letters,
    ),
    Derived(
        name="metric_onboarding",
        reads=("onboarding", "settings"),
        grain=("metric",),
        doc="Time to first value, completion and satisfaction of who began 14 to 90 days ago.",
        compute=onboarding.metrics,
    ),
)
