"""How event codes are written as Snowplow columns: flattened, as JSON columns, or enriched TSV."""

from __future__ import annotations

from carepath.quoting import quote_text
from carepath.sample.clients import Clients
from carepath.sample.vocabulary import (
    CITIES,
    DEVICES,
    FUNNEL,
    PAGES,
    REFERRERS,
    STEPS,
    USER_AGENTS,
)

VENDOR = "com_carepath"

# Snowplow's enriched event: 131 tab-separated fields without a header.
TSV_FIELDS: tuple[str, ...] = (
    *("app_id", "platform", "etl_tstamp", "collector_tstamp", "dvce_created_tstamp", "event"),
    *("event_id", "txn_id", "name_tracker", "v_tracker", "v_collector", "v_etl", "user_id"),
    *("user_ipaddress", "user_fingerprint", "domain_userid", "domain_sessionidx"),
    *("network_userid", "geo_country", "geo_region", "geo_city", "geo_zipcode", "geo_latitude"),
    *("geo_longitude", "geo_region_name", "ip_isp", "ip_organization", "ip_domain"),
    *("ip_netspeed", "page_url", "page_title", "page_referrer", "page_urlscheme"),
    *("page_urlhost", "page_urlport", "page_urlpath", "page_urlquery", "page_urlfragment"),
    *("refr_urlscheme", "refr_urlhost", "refr_urlport", "refr_urlpath", "refr_urlquery"),
    *("refr_urlfragment", "refr_medium", "refr_source", "refr_term", "mkt_medium"),
    *("mkt_source", "mkt_term", "mkt_content", "mkt_campaign", "contexts", "se_category"),
    *("se_action", "se_label", "se_property", "se_value", "unstruct_event", "tr_orderid"),
    *("tr_affiliation", "tr_total", "tr_tax", "tr_shipping", "tr_city", "tr_state"),
    *("tr_country", "ti_orderid", "ti_sku", "ti_name", "ti_category", "ti_price"),
    *("ti_quantity", "pp_xoffset_min", "pp_xoffset_max", "pp_yoffset_min", "pp_yoffset_max"),
    *("useragent", "br_name", "br_family", "br_version", "br_type", "br_renderengine"),
    *("br_lang", "br_features_pdf", "br_features_flash", "br_features_java"),
    *("br_features_director", "br_features_quicktime", "br_features_realplayer"),
    *("br_features_windowsmedia", "br_features_gears", "br_features_silverlight"),
    *("br_cookies", "br_colordepth", "br_viewwidth", "br_viewheight", "os_name", "os_family"),
    *("os_manufacturer", "os_timezone", "dvce_type", "dvce_ismobile", "dvce_screenwidth"),
    *("dvce_screenheight", "doc_charset", "doc_width", "doc_height", "tr_currency"),
    *("tr_total_base", "tr_tax_base", "tr_shipping_base", "ti_currency", "ti_price_base"),
    *("base_currency", "geo_timezone", "mkt_clickid", "mkt_network", "etl_tags"),
    *("dvce_sent_tstamp", "refr_domain_userid", "refr_dvce_tstamp", "derived_contexts"),
    *("domain_sessionid", "derived_tstamp", "event_vendor", "event_name", "event_format"),
    *("event_version", "event_fingerprint", "true_tstamp"),
)


def quoted(values: tuple[str | None, ...] | list[str | None] | tuple[str, ...]) -> str:
    """A SQL list of text."""
    return "[" + ", ".join("null" if value is None else quote_text(value) for value in values) + "]"


def _numbers(values: list[float]) -> str:
    return "[" + ", ".join(repr(value) for value in values) + "]"


def plain_columns(clients: Clients) -> dict[str, str]:
    """SQL of every column that is the same in all formats, in the order of the contract."""
    hosts, paths, titles = (tuple(page[part] for page in PAGES) for part in range(3))
    landing = f"{quoted(clients.slugs)}[client + 1]"
    path = f"case when page = 0 then concat('/c/', {landing}) else {quoted(paths)}[page + 1] end"
    host = f"{quoted(hosts)}[page + 1]"
    # The way in: outside sites refer the first pages, our own pages the later ones.
    from_outside = "page in (0, 1) and step = 0"
    refr_host = (
        f"case when {from_outside} then {quoted(REFERRERS)}[person % 5 + 1]"
        " else 'app.example.org' end"
    )
    city = [list(column) for column in zip(*CITIES, strict=True)]

    def of_city(part: int) -> str:
        return f"{quoted([str(value) for value in city[part]])}[city + 1]"

    return {
        "event_id": "case when has_id then as_uuid('event', number) end",
        "event": "case when step > 0 then 'unstruct' else 'page_view' end",
        "event_name": "case when step > 0 then 'funnel' else 'page_view' end",
        "event_version": "case when step = 0 then '1-0-0' when old_schema then '1-0-3'"
        " else '1-0-4' end",
        "app_id": "case when page < 4 then 'site' else 'app' end",
        "platform": "'web'",
        "domain_userid": "as_uuid('domain', person)",
        "domain_sessionid": "as_uuid('session', person * 1000 + session)",
        "domain_sessionidx": "session",
        "user_ipaddress": "concat('203.0.113.', person % 250 + 1)",
        "geo_country": of_city(0),
        "geo_region": of_city(1),
        "geo_city": of_city(2),
        "geo_zipcode": of_city(3),
        "geo_latitude": f"round({_numbers([float(v) for v in city[4]])}[city + 1]"
        " + (person * 7919 % 1000) / 10000.0, 4)",
        "geo_longitude": f"round({_numbers([float(v) for v in city[5]])}[city + 1]"
        " + (person * 6007 % 1000) / 10000.0, 4)",
        "geo_timezone": of_city(6),
        "dvce_type": f"{quoted(tuple(name for name, _ in DEVICES))}[agent // 2 + 1]",
        "dvce_ismobile": "agent // 2 > 0",
        "useragent": f"{quoted(USER_AGENTS)}[agent + 1]",
        "page_url": f"concat('https://', {host}, {path}, case"
        " when page = 0 then concat('?utm_campaign=benefits&email=', email_of(person))"
        " when identified then concat('?user=', as_uuid('person', person)) else '' end)",
        "page_title": f"{quoted(titles)}[page + 1]",
        "page_referrer": f"case when ({refr_host}) is not null then"
        f" concat('https://', {refr_host}, '/?visitor=', person) end",
        "page_urlhost": host,
        "page_urlpath": path,
        "refr_urlhost": refr_host,
        "refr_urlpath": f"case when ({refr_host}) is not null then '/' end",
        "dvce_created_tstamp": "make_timestamp(device_created)",
        "dvce_sent_tstamp": "make_timestamp(sent)",
        "collector_tstamp": "case when has_collector then make_timestamp(collector) end",
        "derived_tstamp": 'case when has_time then make_timestamp("time") end',
        "load_tstamp": "case when has_load then make_timestamp(load) end",
        "etl_tstamp": "make_timestamp(etl)",
        # Real files carry many more columns; these three stand for them.
        "v_tracker": "'js-3.23.0'",
        "br_lang": "'en'",
        "mkt_campaign": "case when page = 0 then 'benefits' end",
    }


def custom_columns() -> dict[str, str]:
    """SQL of the funnel event and the user entity, flattened."""
    steps = quoted((*STEPS, "UPLOAD_DOCUMENT"))
    return {
        "funnel_funnel_name": f"case when step > 0 then {quoted((FUNNEL, 'PROVIDER_INTAKE'))}"
        "[funnel + 1] end",
        "funnel_step_name": f"case when step > 0 then {steps}[step] end",
        "funnel_step_action": "case when old_schema then 'SUBMIT' end",
        "funnel_failure_reason": "cast(null as varchar)",
        "user_id": "case when identified then as_uuid('person', person) end",
        "user_role": "case when role = 0 then null when role = 1 then 'MEMBER'"
        " else ['STAFF', 'staff', 'Staff'][person % 3 + 1] end",
        "user_is_eligibility_verified": "case verified when 1 then false when 2 then true end",
    }


def flattened(clients: Clients) -> str:
    """Select list of the flattened format."""
    return _select(plain_columns(clients) | custom_columns())


def _json_parts() -> tuple[str, str, str]:
    custom = custom_columns()
    funnel = (
        f"case when step = 0 then null when old_schema then json_object('funnel_name',"
        f" {custom['funnel_funnel_name']}, 'step_name', {custom['funnel_step_name']},"
        f" 'step_action', {custom['funnel_step_action']}) else json_object('funnel_name',"
        f" {custom['funnel_funnel_name']}, 'step_name', {custom['funnel_step_name']}) end"
    )
    user = (
        f"json_object('user_id', {custom['user_id']}, 'role', {custom['user_role']},"
        f" 'is_eligibility_verified', {custom['user_is_eligibility_verified']})"
    )
    # Snowplow's own column now and then disagrees: the entity wins.
    own = "case when identified and number % 200 = 0 then concat('legacy-', person) end"
    return funnel, user, own


def json_columns(clients: Clients, as_text: bool) -> str:
    """Select list of Snowplow's JSON columns; `as_text` for formats without nesting."""
    funnel, user, own = _json_parts()
    cast = "::varchar" if as_text else ""
    return _select(
        plain_columns(clients)
        | {
            "user_id": own,
            f"unstruct_event_{VENDOR}_funnel_1": f"({funnel}){cast}",
            f"contexts_{VENDOR}_user_1": f"case when identified then json_array({user}){cast} end",
        }
    )


def tsv_columns(clients: Clients) -> str:
    """Select list of the enriched TSV, all text, in Snowplow's order."""
    funnel, user, own = _json_parts()
    plain = plain_columns(clients)
    snowplow = "iglu:com.snowplowanalytics.snowplow"
    found = plain | {
        "user_id": own,
        "event_vendor": "case when step > 0 then 'com.carepath'"
        " else 'com.snowplowanalytics.snowplow' end",
        "event_format": "'jsonschema'",
        "dvce_ismobile": f"cast({plain['dvce_ismobile']} as integer)",
        "contexts": f"case when identified then json_object('schema',"
        f" '{snowplow}/contexts/jsonschema/1-0-1', 'data', json_array(json_object('schema',"
        f" 'iglu:com.carepath/user/jsonschema/2-0-1', 'data', {user})))::varchar end",
        "unstruct_event": f"case when step > 0 then json_object('schema',"
        f" '{snowplow}/unstruct_event/jsonschema/1-0-0', 'data', json_object('schema',"
        f" concat('iglu:com.carepath/funnel/jsonschema/', {plain['event_version']}), 'data',"
        f" {funnel}))::varchar end",
    }
    columns = {}
    for name in TSV_FIELDS:
        sql = found.get(name, "''")
        if name.endswith("_tstamp") and name in found:
            sql = f"strftime({sql}, '%Y-%m-%d %H:%M:%S.%g')"
        columns[name] = f"coalesce(cast({sql} as varchar), '')"
    return _select(columns)


def _select(columns: dict[str, str]) -> str:
    return ",\n".join(f"{sql} as {name}" for name, sql in columns.items())
