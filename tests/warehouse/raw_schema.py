"""The raw database's tables, as landing makes them."""

from __future__ import annotations

from oracle.definitions import (
    CLIENTS,
    EVENTS,
    MEMBERS,
    PROJECT,
    PROJECT_HISTORY,
    TASK,
    TASK_HISTORY,
)

# Columns without a type are text.
LOADER = (
    "_fivetran_synced TIMESTAMP, _fivetran_deleted BOOLEAN, _sdc_received_at TIMESTAMP, "
    "_sdc_deleted_at TIMESTAMP, _batch_number INTEGER"
)
COLUMNS = {
    CLIENTS: "id, name, created TIMESTAMP, modified TIMESTAMP, client_size, client_industry, "
    f"client_landing_page_url, verification_type, is_archived BOOLEAN, {LOADER}",
    MEMBERS: "user_id, user_name, email, birthdate DATE, country, client_id, "
    f"is_eligibility_verified BOOLEAN, created TIMESTAMP, {LOADER}",
    PROJECT: "id, type, status, name, first_active TIMESTAMP, created TIMESTAMP, "
    f"modified TIMESTAMP, creator_id, {LOADER}",
    PROJECT_HISTORY: "history_id, id, type, status, name, first_active TIMESTAMP, "
    f"created TIMESTAMP, history_date TIMESTAMP, history_user_id, {LOADER}",
    TASK: "id, project_id, title, status, due TIMESTAMP, created TIMESTAMP, modified TIMESTAMP, "
    f"{LOADER}",
    TASK_HISTORY: "history_id, id, created TIMESTAMP, status, title, due TIMESTAMP, "
    f"history_date TIMESTAMP, history_user_id, {LOADER}",
    EVENTS: "event_id, event, event_name, event_version, app_id, platform, domain_userid, "
    "domain_sessionid, domain_sessionidx BIGINT, user_ipaddress, geo_country, geo_region, "
    "geo_city, geo_zipcode, geo_latitude DOUBLE, geo_longitude DOUBLE, geo_timezone, dvce_type, "
    "dvce_ismobile BOOLEAN, useragent, page_url, page_title, page_referrer, page_urlhost, "
    "page_urlpath, refr_urlhost, refr_urlpath, dvce_created_tstamp TIMESTAMP, "
    "dvce_sent_tstamp TIMESTAMP, collector_tstamp TIMESTAMP, derived_tstamp TIMESTAMP, "
    "load_tstamp TIMESTAMP, etl_tstamp TIMESTAMP, funnel_funnel_name, funnel_step_name, "
    "funnel_step_action, funnel_failure_reason, user_id, user_role, "
    "user_is_eligibility_verified BOOLEAN, _batch_number INTEGER",
    "landing.files": "file_id, batch_number INTEGER, table_name, file_name, sha256, "
    "landed_at TIMESTAMP, row_count BIGINT, accepted_count BIGINT, rejected_count BIGINT, "
    "unknown_columns VARCHAR[]",
    "landing.rejected_rows": "batch_number INTEGER, table_name, file_name, row_number BIGINT, "
    "reason, row_text",
}


def typed_columns(table: str) -> dict[str, str]:
    """Column names and DuckDB types of one raw table."""
    parts = (column.split() for column in COLUMNS[table].split(", "))
    return {part[0]: part[1] if len(part) > 1 else "VARCHAR" for part in parts}
