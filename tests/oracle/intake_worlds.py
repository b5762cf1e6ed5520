"""Random people on their way through the intake."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from oracle.definitions import CLIENTS, EVENTS, MEMBER_INTAKE, MEMBERS, Raw, Row
from oracle.worlds import NO_DATES, YEAR_START, World

WINDOW = timedelta(days=14)
STEPS = tuple(step.name for step in MEMBER_INTAKE)


def make_intake_world(random: Random, number: int) -> Raw:
    """A few clients, and a few people who do the steps in all sorts of ways."""
    world = World(random, number)
    clients = [add_client(world) for _ in range(world.pick(1, 1, 2))]
    for _ in range(world.pick(1, 3, 5)):
        add_person(world, clients)
    if world.chance(0.1):
        add_event(world, None, world.moment(), None)  # nobody we know
    return world.rows


def make_rollout_world(random: Random, number: int) -> Raw:
    """One client with enough people to see from the events when a step appeared."""
    world = World(random, number)
    client = add_client(world)
    step = world.pick("CONFIRM_COUNTRY", "VERIFY_ELIGIBILITY", "CAREGIVING_GOAL")
    story = world.pick("appears", "gradual", "slowly", "slowly", "never", "always", "rare")
    weeks = world.pick(5, 8, 9)
    for week in range(weeks):
        progress = week / (weeks - 1)
        share = {
            "appears": 0.0 if progress < 0.5 else 0.95,
            "gradual": 0.0 if progress < 0.5 else 0.15 if progress < 0.65 else 0.95,
            "slowly": 0.0 if progress < 0.3 else progress,
            "never": 0.02,
            "always": 0.9,
            "rare": 0.1,
        }[story]
        for _ in range(random.randrange(4, 12)):
            start = YEAR_START + timedelta(weeks=week + 8, seconds=random.randrange(7 * 86_400))
            member = add_member(world, client, start)
            role = "STAFF" if world.chance(0.05) else "MEMBER"
            at = start
            for name in STEPS[: world.pick(4, 5, 6, 6)]:
                if name != step or world.chance(share):
                    add_step(world, member, name, at, role, landing_page(client))
                at += timedelta(seconds=random.randrange(3, 400))
    return world.rows


def add_client(world: World) -> Row:
    """One client, verifying or not."""
    client_id = world.name("client")
    created = YEAR_START - timedelta(days=world.random.randrange(1, 300))
    row = {
        "id": client_id,
        "name": f"Client {client_id}",
        "created": created,
        "modified": created,
        "client_size": world.pick("small", "large", None),
        "client_industry": world.pick("health", "retail"),
        "client_landing_page_url": world.pick(
            f"https://care.example.com/{client_id}",
            f"https://www.care.example.com/{client_id}/",
            f"care.example.com/{client_id}?from=mail",
            f"/{client_id}",
            f"/shared-{world.number}",
        ),
        "verification_type": world.pick(None, "", "file", "code"),
        "is_archived": world.pick(True, False),
    } | world.loader(created + timedelta(days=400), "_fivetran_synced")
    if row["_fivetran_synced"] and world.chance(0.05):
        row[world.pick("created", "modified", "_sdc_deleted_at")] = world.pick(*NO_DATES)
    world.add_versions(CLIENTS, row, {"verification_type": "old", "name": "Old name"})
    return row


def add_member(world: World, client: Row | None, start: datetime) -> str:
    """One account, at times without a row, a client, or deleted."""
    member_id = world.name("member")
    if world.chance(0.9):
        row: Row = {
            "user_id": world.pick(member_id, member_id, member_id, None)
            if world.chance(0.05)
            else member_id,
            "user_name": f"Name {member_id}",
            "email": world.pick("", f"{member_id}@example.com"),
            "birthdate": None,
            "country": world.pick("US", "CA", None),
            "client_id": client["id"] if client and world.chance(0.85) else None,
            "is_eligibility_verified": world.pick(True, False, None),
            "created": start,
        } | world.loader(start + timedelta(days=10), "_fivetran_synced")
        if world.chance(0.1):
            row["_fivetran_deleted"] = True
        if row["_fivetran_synced"] and world.chance(0.05):
            row[world.pick("created", "_sdc_deleted_at")] = world.pick(*NO_DATES)
        if world.chance(0.03):
            row["client_id"] = world.name("gone")
        world.add_versions(MEMBERS, row, {"client_id": None, "country": "ZZ"})
    return member_id


def landing_page(client: Row) -> str:
    """The full URL of the client's page."""
    is_shared = "shared" in client["client_landing_page_url"]
    own = client["client_landing_page_url"].lstrip("/") if is_shared else client["id"]
    return f"https://care.example.com/{own}"


def add_person(world: World, clients: list[Row]) -> None:
    """A person walks through the steps, with leaps, returns and pauses of every length."""
    start = world.moment()
    client = world.pick(*clients, None)
    member_id = add_member(world, client, start)
    role = world.pick("STAFF", "staff ") if world.chance(0.08) else None
    names = list(STEPS[0 if world.chance(0.93) else 1 :])
    for _ in range(world.pick(0, 0, 1, 2)):  # skip
        if names[1:]:
            names.remove(world.pick(*names[1:]))
    for _ in range(world.pick(0, 0, 1, 2)):  # repeat, here or anywhere
        place = world.random.randrange(len(names) + 1)
        names.insert(place, world.pick(*STEPS, "NO_SUCH_STEP"))
    if world.chance(0.5) and len(names) > 2:  # swap two neighbours
        place = world.random.randrange(len(names) - 1)
        names[place : place + 2] = reversed(names[place : place + 2])
    world.visitor = world.pick(world.name("browser"), f"w{world.number}-browser", None)
    world.session = world.name("session")
    if client and world.chance(0.4):
        before = start - world.pick(-1, 0, 1, 1) * world.pause()
        add_event(world, world.pick(member_id, None, None), before, None, page=landing_page(client))
    at = start
    for name in names[: world.random.randrange(len(names) + 1) or len(names)]:
        page = landing_page(client) if client and world.chance(0.2) else None
        if world.chance(0.15):
            world.session = world.name("session")
        add_step(world, member_id, name, at, role if world.chance(0.5) else None, page)
        if world.chance(0.1):
            add_event(world, member_id, at + world.pause(), None)
        at += world.pause()
        if world.chance(0.08):
            at = start + WINDOW + world.pick(-1, 0, 0, 1) * timedelta(microseconds=1)
        if world.chance(0.05):
            at -= timedelta(seconds=world.pick(1, 2, 3))


def add_step(
    world: World,
    member_id: str,
    name: str,
    at: datetime,
    role: str | None = None,
    page: str | None = None,
) -> None:
    """One funnel event."""
    add_event(
        world,
        member_id if world.chance(0.97) else None,
        at,
        name,
        role,
        page or "https://care.example.com/signup",
    )


def add_event(
    world: World,
    member_id: str | None,
    at: datetime,
    step: str | None,
    role: str | None = None,
    page: str = "https://care.example.com/about",
) -> None:
    """One event as it was collected: once or more, soon or late, with or without a load time."""
    collected = at + timedelta(seconds=world.pick(0, 1, 30))
    late = timedelta(seconds=world.random.randrange(60, 3600))
    if world.chance(0.02):
        late += timedelta(days=world.random.randrange(1, 20))
    page += world.pick("", "", "/", "?utm_source=mail", "#top")
    host, _, path = page.split("://")[1].split("?")[0].split("#")[0].partition("/")
    row: Row = {
        "event_id": world.name("event"),
        "event": "unstruct" if step else "page_view",
        "event_name": "funnel" if step else "page_view",
        "event_version": world.pick("1-0-4", "1-0-2") if step else "1-0-0",
        "app_id": "website",
        "platform": "web",
        "domain_userid": world.visitor,
        "domain_sessionid": world.session,
        "geo_country": world.pick("US", "CA", None),
        "dvce_type": world.pick("Computer", "Mobile", None),
        "page_url": page,
        "page_urlhost": world.pick(host, None),
        "page_urlpath": world.pick(f"/{path}", None),
        "refr_urlhost": world.pick("www.google.com", "www.care.example.com", None),
        "dvce_created_tstamp": at,
        "collector_tstamp": collected,
        "derived_tstamp": None if world.chance(0.05) else at,
        "load_tstamp": None if world.chance(0.1) else collected + late,
        "funnel_funnel_name": "MEMBER_INTAKE" if step else None,
        "funnel_step_name": step,
        "funnel_step_action": world.pick("SUBMIT", "submit", "SKIP") if world.chance(0.1) else None,
        "funnel_failure_reason": "INVALID" if world.chance(0.03) else None,
        "user_id": member_id,
        "user_role": role,
        "user_is_eligibility_verified": world.pick(True, False, None),
        "_batch_number": 1,
    }
    if world.chance(0.02):
        row["funnel_funnel_name"] = "OTHER_FUNNEL" if step else None
    if world.chance(0.02):
        row["load_tstamp"] = at - timedelta(seconds=world.pick(1, 86_400))
    if world.chance(0.01):
        row["derived_tstamp"] = datetime(1970, 1, 1, 0, 0, 1)
    if world.chance(0.01):  # a clock that runs ahead, and no loader that would tell
        row |= {"derived_tstamp": at + timedelta(days=world.pick(1, 900)), "load_tstamp": None}
    if world.chance(0.004):
        row["event_id"] = None
    world.add(EVENTS, row)
    if row["event_id"] and world.chance(0.06):  # delivered again with another payload
        later = timedelta(seconds=world.random.randrange(1, 5000))
        again = row | {"geo_country": "FR", "derived_tstamp": at + timedelta(seconds=1)}
        if row["load_tstamp"] is not None and world.chance(0.5):
            again["load_tstamp"] = row["load_tstamp"] + later
        else:
            again["collector_tstamp"] = collected + later
        world.add(EVENTS, again)
