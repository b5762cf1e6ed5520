{{ newest_of(ref('stg_refunds'), by=['order_id'], sorted_by='refunded_at') }}
