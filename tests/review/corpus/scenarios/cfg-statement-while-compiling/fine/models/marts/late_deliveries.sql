{{ config(post_hook="delete from {{ this }} where parcel_id is null") }}
select delivery_id, parcel_id from {{ ref('fct_deliveries') }}
where depot_id is null
