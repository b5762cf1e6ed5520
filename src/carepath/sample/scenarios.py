"""The scenarios by name: what each one plants, and the verdicts that follow from it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from carepath.errors import CarepathError


@dataclass(frozen=True)
class Scenario:
    """What happens at the change date.

    Parameters
    ----------
    name : str
        Public name.
    story : str
        One line for people.
    effect_means : str
        What the number given as `effect` measures; empty when the scenario has no effect.
    default_effect : float
        Size planted when none is given.
    members : int
        People who sign up when nothing else is said: so many that the default effect is usually
        found. The placebos of a staggered change need more than the change itself.
    adds_page : bool
        CAREGIVING_GOAL appears client by client instead of having always existed.
    adds_eligibility : bool
        VERIFY_ELIGIBILITY is switched on client by client.
    shifts_mix : bool
        Sign-ups move to clients that convert less.
    loses_events : bool
        Tracking drops events of some clients and one device for a while.
    arrivals, service, external_wait, visits, coordinators : bool
        Which driver of the care team's load changes.
    """

    name: str
    story: str
    effect_means: str = ""
    default_effect: float = 0.0
    members: int = 20_000
    adds_page: bool = False
    adds_eligibility: bool = False
    shifts_mix: bool = False
    loses_events: bool = False
    arrivals: bool = False
    service: bool = False
    external_wait: bool = False
    visits: bool = False
    coordinators: bool = False

    @property
    def driver(self) -> str:
        """The driver of load that changes, or ``none``."""
        drivers = ("arrivals", "service", "external_wait", "visits", "coordinators")
        return next((name for name in drivers if getattr(self, name)), "none")

    @property
    def capacity_verdict(self) -> str:
        """Whether work in progress grows by demand, by efficiency, or not at all."""
        if self.driver == "none":
            return "none"
        return "demand" if self.arrivals else "efficiency"


STAGGERED_MEMBERS = 30_000
_POINTS = "conversion lost in exposed clients, as a rate (0.10 = 10 points)"

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("none", "Nothing changes: ordinary weekly and client-by-period shocks only."),
    Scenario(
        "new_page",
        "The page CAREGIVING_GOAL is added to the intake, client by client, and costs conversion.",
        _POINTS,
        0.10,
        STAGGERED_MEMBERS,
        adds_page=True,
    ),
    Scenario(
        "eligibility",
        "VERIFY_ELIGIBILITY is switched on, client by client, and costs conversion.",
        _POINTS,
        0.10,
        STAGGERED_MEMBERS,
        adds_eligibility=True,
    ),
    Scenario(
        "both",
        "The page and the eligibility step arrive in different clients and at different times.",
        _POINTS,
        0.10,
        STAGGERED_MEMBERS,
        adds_page=True,
        adds_eligibility=True,
    ),
    Scenario(
        "mix_shift",
        "More sign-ups come from clients that convert less; no client changes.",
        "conversion lost overall through the mix, as a rate",
        0.05,
        shifts_mix=True,
    ),
    Scenario(
        "tracking_outage",
        "For eight weeks events of half the clients are partly lost on mobile; nobody behaves"
        " differently.",
        "share of events lost in the outage",
        0.60,
        loses_events=True,
    ),
    Scenario(
        "demand",
        "More members sign up, so more projects and tasks arrive.",
        "relative rise of arrivals",
        0.30,
        arrivals=True,
    ),
    Scenario(
        "slow_phase",
        "Each active visit takes coordinators more work.",
        "relative rise of the work in one active visit",
        0.30,
        service=True,
    ),
    Scenario(
        "external_wait",
        "Members and third parties take longer to answer.",
        "relative rise of each external wait",
        1.0,
        external_wait=True,
    ),
    Scenario(
        "rework",
        "More completed tasks are re-opened.",
        "relative rise of active visits per task",
        0.30,
        visits=True,
    ),
    Scenario(
        "lost_coordinators",
        "Fewer coordinators are at work.",
        "relative rise of work per coordinator (0.25 = one in five leaves)",
        0.30,
        coordinators=True,
    ),
)


def find_scenario(name: str) -> Scenario:
    """Return the scenario called `name`.

    Raises
    ------
    CarepathError
        When there is none; the message names the nearest.
    """
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    names = [scenario.name for scenario in SCENARIOS]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    raise CarepathError(
        f"There is no scenario {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""),
        where="--scenario",
        fix="see `carepath sample --list-scenarios`: " + ", ".join(names),
    )
