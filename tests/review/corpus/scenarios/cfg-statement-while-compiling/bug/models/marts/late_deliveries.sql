{% do run_query("delete from " ~ ref('fct_deliveries') ~ " where arrived_at < '2020-01-01'") %}
select delivery_id, parcel_id from {{ ref('fct_deliveries') }}
where depot_id is null
