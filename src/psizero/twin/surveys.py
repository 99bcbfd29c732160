"""What customers answer when they are asked how satisfied they are."""

from datetime import datetime, timedelta

import numpy as np

from psizero.core.events.survey import SURVEY_ANSWERED
from psizero.core.records import Action
from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, rows_of
from psizero.twin.scenario import Scenario


def surveyed(
    dice: Dice, scenario: Scenario, action: Action, opened_at: datetime, feels: str
) -> Emission:
    """What somebody who opened the mail answers of the first steps, if anything.

    `feels` names the shares of scores.
    """
    about = "onboarding"
    luck = dice.of("survey", action.subject, about).random(3)
    if luck[0] >= scenario.number("survey.answered_share"):
        return Emission()
    shares = scenario.shares(f"survey.{feels}_scores")
    order = sorted(shares)
    steps = np.cumsum([shares[one] for one in order])
    score = int(order[int(np.searchsorted(steps / steps[-1], luck[1], side="right"))])
    hours = -scenario.number("survey.answered_hours_mean") * float(np.log1p(-luck[2]))
    at = (opened_at + timedelta(hours=hours)).replace(microsecond=0)
    row: dict[str, object] = {"id": f"{action.key}/answer", "subject": action.subject}
    row |= {"cause": action.key, "occurred_at": at, "about": about, "score": score}
    return Emission({SURVEY_ANSWERED.name: rows_of(SURVEY_ANSWERED, [row])})
