-- Ready answers over the tables of a store, the same as those of facts/queries.py and indicators/shares.py
-- (tests/facts/test_answers.py). Every edition stands by itself, so filter by source_id and edition.

CREATE VIEW v_production_shares AS
    WITH rows_used AS (SELECT * FROM production WHERE qualifier <> 'projection'),
    of_country AS (
        SELECT material, stage, year, source_id, edition, country_iso3, sum(quantity_t) AS quantity_t
        FROM rows_used WHERE country_iso3 <> 'WLD' GROUP BY ALL
    ),
    tables AS (
        SELECT material, stage, year, source_id, edition, any_value(basis) AS basis,
               sum(quantity_t) FILTER (country_iso3 = 'WLD') AS printed,
               sum(quantity_t) FILTER (country_iso3 <> 'WLD') AS added,
               count(*) FILTER (country_iso3 IN ('OTH', 'ROW')) AS rests
        FROM rows_used GROUP BY ALL HAVING count(DISTINCT basis) = 1 AND any_value(basis) <> 'mixed'
    ),
    parts AS (
        FROM of_country
        UNION ALL BY NAME
        SELECT material, stage, year, source_id, edition, 'OTH' AS country_iso3,
               printed - coalesce(added, 0) AS quantity_t
        FROM tables WHERE rests = 0 AND printed - coalesce(added, 0) > 1e-9 * printed  -- else noise of floats
    )
    SELECT material, stage, year, country_iso3,
           quantity_t / sum(quantity_t) OVER whole AS share, quantity_t, basis, source_id, edition
    FROM parts JOIN tables USING (material, stage, year, source_id, edition)
    WINDOW whole AS (PARTITION BY material, stage, year, source_id, edition)
    QUALIFY sum(quantity_t) OVER whole > 0;

CREATE VIEW v_flows AS
    SELECT c.material, importer, exporter, year, t.source_id, t.edition,
           sum(quantity_t) AS quantity_t, sum(value_kusd) AS value_kusd,
           sum(value_kusd) FILTER (quantity_t IS NOT NULL) AS covered_kusd,
           sum(quantity_t) FILTER (quantity_t > 0) AS weighed_t,
           sum(value_kusd) FILTER (quantity_t > 0) AS weighed_kusd
    FROM trade t JOIN core_codes c USING (hs6, hs_revision) GROUP BY ALL;

CREATE VIEW v_import_shares AS
    SELECT material, importer, exporter, year,
           quantity_t / nullif(sum(quantity_t) OVER whole, 0) AS share_mass,
           value_kusd / nullif(sum(value_kusd) OVER whole, 0) AS share_value,
           quantity_t, value_kusd,
           coalesce(sum(covered_kusd) OVER whole, 0) / nullif(sum(value_kusd) OVER whole, 0) AS covered_share,
           source_id, edition
    FROM v_flows WINDOW whole AS (PARTITION BY material, importer, year, source_id, edition);

CREATE VIEW v_export_shares AS
    SELECT material, exporter, importer, year,
           quantity_t / nullif(sum(quantity_t) OVER whole, 0) AS share_mass,
           value_kusd / nullif(sum(value_kusd) OVER whole, 0) AS share_value,
           quantity_t, value_kusd,
           coalesce(sum(covered_kusd) OVER whole, 0) / nullif(sum(value_kusd) OVER whole, 0) AS covered_share,
           source_id, edition
    FROM v_flows WINDOW whole AS (PARTITION BY material, exporter, year, source_id, edition);

CREATE VIEW v_unit_values AS
    SELECT material, coalesce(importer, 'WLD') AS importer, year,
           sum(weighed_kusd) / sum(weighed_t) AS unit_value_usd_per_kg,
           sum(weighed_kusd) AS value_kusd, sum(weighed_t) AS quantity_t,
           coalesce(sum(weighed_kusd), 0) / sum(value_kusd) AS covered_share, source_id, edition
    FROM v_flows
    GROUP BY GROUPING SETS ((material, importer, year, source_id, edition),
                            (material, year, source_id, edition));
