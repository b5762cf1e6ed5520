"""The words of the made-up world. Domains and addresses are the ones reserved for examples."""

from __future__ import annotations

FUNNEL = "MEMBER_INTAKE"
STEPS = (
    "CREATE_ACCOUNT",
    "INPUT_FULL_NAME",
    "CONFIRM_COUNTRY",
    "VERIFY_ELIGIBILITY",
    "CAREGIVING_GOAL",
    "CREATE_PROJECT",
)
HOST = "www.example.org"
APP_HOST = "app.example.org"

# Page 0 is the client's landing page: its path depends on the client.
PAGES: tuple[tuple[str, str, str], ...] = (
    (HOST, "/c/", "Welcome"),
    (HOST, "/", "Home"),
    (HOST, "/how-it-works", "How it works"),
    (HOST, "/faq", "Questions and answers"),
    (APP_HOST, "/signup", "Create your account"),
    (APP_HOST, "/intake/name", "Your name"),
    (APP_HOST, "/intake/country", "Your country"),
    (APP_HOST, "/intake/eligibility", "Verify eligibility"),
    (APP_HOST, "/intake/goal", "Your caregiving goal"),
    (APP_HOST, "/projects/new", "Start a care project"),
    (APP_HOST, "/dashboard", "Dashboard"),
    (APP_HOST, "/messages", "Messages"),
    (APP_HOST, "/projects", "Projects"),
    (APP_HOST, "/settings", "Settings"),
)
LANDING, HOME, SIGNUP, FIRST_STEP_PAGE, DASHBOARD = 0, 1, 4, 4, 10

REFERRERS = ("search.example.com", "mail.example.com", "intranet.example.net", "social.example.com")

# device: share of people
DEVICES: tuple[tuple[str, float], ...] = (("Computer", 0.46), ("Mobile", 0.46), ("Tablet", 0.08))
# two user agents a device
USER_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 Chrome/125.0 Safari/537.36",
)

COUNTRIES = ("US", "CA", "GB", "AU", "DE")
# city: country, region, city, postcode, latitude, longitude, time zone, share of people
CITIES: tuple[tuple[str, str, str, str, float, float, str, float], ...] = (
    ("US", "NY", "New York", "10001", 40.7128, -74.0060, "America/New_York", 0.26),
    ("US", "IL", "Chicago", "60601", 41.8781, -87.6298, "America/Chicago", 0.18),
    ("US", "CO", "Denver", "80202", 39.7392, -104.9903, "America/Denver", 0.08),
    ("US", "CA", "Los Angeles", "90001", 34.0522, -118.2437, "America/Los_Angeles", 0.20),
    ("CA", "ON", "Toronto", "M5H", 43.6532, -79.3832, "America/Toronto", 0.09),
    ("CA", "BC", "Vancouver", "V5K", 49.2827, -123.1207, "America/Vancouver", 0.04),
    ("GB", "ENG", "London", "EC1A", 51.5072, -0.1276, "Europe/London", 0.06),
    ("GB", "ENG", "Manchester", "M1", 53.4808, -2.2426, "Europe/London", 0.03),
    ("AU", "NSW", "Sydney", "2000", -33.8688, 151.2093, "Australia/Sydney", 0.04),
    ("DE", "BE", "Berlin", "10115", 52.5200, 13.4050, "Europe/Berlin", 0.02),
)
SITE_ZONE = "America/New_York"

# Share of sign-ups by weekday from Monday, and by local hour from midnight.
WEEKDAYS = (1.22, 1.20, 1.12, 1.06, 0.94, 0.68, 0.78)
HOURS = (
    *(0.3, 0.2, 0.1, 0.1, 0.2, 0.5, 1.1, 2.0, 3.0, 3.6, 3.8, 3.7),
    *(4.2, 3.8, 3.5, 3.3, 3.2, 3.3, 3.6, 4.2, 4.6, 3.9, 2.2, 0.9),
)
HOLIDAY_FACTOR = 0.35

CLIENT_SIZES = ("SMALL", "MEDIUM", "LARGE", "ENTERPRISE")
CLIENT_INDUSTRIES = (
    "Technology",
    "Healthcare",
    "Finance",
    "Manufacturing",
    "Retail",
    "Education",
    "Public sector",
)
VERIFICATION_TYPES = ("EMAIL_DOMAIN", "EMPLOYEE_ID", "ELIGIBILITY_FILE")
CLIENT_WORDS = (
    *("Amber", "Birch", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo"),
    *("Juniper", "Kestrel", "Lumen", "Meadow", "Nimbus", "Onyx", "Prairie", "Quartz", "River"),
    *("Summit", "Timber", "Umbra", "Vertex", "Willow", "Zephyr"),
)
CLIENT_NOUNS = ("Systems", "Health", "Bank", "Works", "Stores", "College", "County", "Labs")

FIRST_NAMES = (
    *("Ada", "Bela", "Chidi", "Dora", "Emil", "Farah", "Goran", "Hana", "Ivan", "Jun", "Kofi"),
    *("Lena", "Mira", "Noor", "Otis", "Priya", "Quinn", "Rosa", "Sami", "Tara", "Uma", "Vera"),
)
LAST_NAMES = (
    *("Abbot", "Barros", "Castle", "Dvorak", "Evans", "Fisher", "Gupta", "Haas", "Ito", "Jensen"),
    *("Kim", "Lopez", "Mensah", "Novak", "Okafor", "Patel", "Quist", "Rossi", "Sato", "Tran"),
)

# project type: share, factor on the work of an active visit and on external waits
PROJECT_TYPES: tuple[tuple[str, float, float], ...] = (
    ("ELDER_CARE", 0.34, 1.0),
    ("CHILD_CARE", 0.24, 0.9),
    ("DISABILITY", 0.14, 1.1),
    ("HOUSING", 0.12, 1.0),
    ("FINANCIAL", 0.16, 1.7),
)
# task type: share, factor on the work of an active visit, share of its waits that are on the member
TASK_TYPES: tuple[tuple[str, float, float, float], ...] = (
    ("general", 0.35, 1.0, 0.25),
    ("internal", 0.20, 0.7, 0.10),
    ("member", 0.45, 1.2, 0.85),
)
MEMBER_TASK_TITLES = (
    "Find respite care",
    "Compare home aides",
    "Book an assessment",
    "Gather insurance papers",
    "Call the school",
    "Arrange transport",
)
TASK_STATUSES = (
    "TODO",
    "IN_PROGRESS",
    "WAITING_ON_MEMBER",
    "WAITING_ON_THIRD_PARTY",
    "PAUSED",
    "COMPLETE",
    "CANCELLED",
    "NEEDS_TRIAGE",  # deliberately missing from the status map
)
(
    TODO,
    IN_PROGRESS,
    WAITING_ON_MEMBER,
    WAITING_ON_THIRD_PARTY,
    PAUSED,
    COMPLETE,
    CANCELLED,
    UNMAPPED,
) = range(8)
