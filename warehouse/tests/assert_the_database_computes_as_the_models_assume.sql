-- A row means that this database understands an expression otherwise than the models do: another
-- version, another session, or a database that an emulator only imitates.
{%- set summer = "cast('2024-07-01 12:00:00' as timestamp)" -%}
{%- set sunday = "cast('2024-01-07 12:00:00' as timestamp)" -%}
{%- set url = "'https://www.Example.com:8080/a/b/?c=d#e'" %}
with

cases as (
    {%- for assumption, found, expected in [
        ('a week begins on Monday', 'cast(' ~ week_start_date(sunday) ~ ' as varchar)', '2024-01-01'),
        ('Sunday is the seventh day', 'cast(' ~ iso_weekday(sunday) ~ ' as varchar)', '7'),
        ('a time is written out with its fraction',
            time_text("cast('2024-01-31 09:30:00.25' as timestamp)"), '2024-01-31 09:30:00.25'),
        ('a whole second is written without a fraction', time_text(summer), '2024-07-01 12:00:00'),
        ('microseconds count from 1970', 'cast(' ~ epoch_microseconds(
            "cast('1969-12-31 23:59:59.999999' as timestamp)") ~ ' as varchar)', '-1'),
        ('microseconds become a time',
            time_text(from_epoch_microseconds('1000001')), '1970-01-01 00:00:01.000001'),
        ('seconds are exact', 'cast(' ~ microseconds_to_seconds('1234567') ~ ' as varchar)',
            '1.234567'),
        ('a zone has summer time',
            time_text(local_time(summer, "'America/New_York'")), '2024-07-01 08:00:00'),
        ('local time goes back to UTC',
            time_text(utc_time(sunday, "'Europe/Berlin'")), '2024-01-07 11:00:00'),
        ('24:00 is the end of a day',
            time_text(local_moment("cast('2024-01-31' as date)", "'24:00'")), '2024-02-01 00:00:00'),
        ('every space is trimmed', trimmed("'\u00a0a b\u2003 '"), 'a b'),
        ('a status is spelled one way', normalised_status("' in - progress '"), 'IN_PROGRESS'),
        ('a host is taken from a URL', url_host('null', url), 'example.com'),
        ('a path is taken from a URL', url_path('null', url), '/a/b'),
        ('text is hashed as UTF-8', "md5('\u00e9')", '66ddcd97cfdeabb2f6fb8a999b4bc76f'),
        ('text that is no number is null',
            "coalesce(cast(try_cast('12x' as decimal(38, 6)) as varchar), 'null')", 'null'),
    ] %}
    select
        '{{ assumption }}' as assumption,
        {{ found }} as found,
        '{{ expected }}' as expected
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from cases
where found is distinct from expected
