-- The tables of the starter data, one view each, over the inputs that build_starter_data.py names.
-- Columns, types and row order are picked later from catalog/data/facts_columns.csv and facts_tables.csv.

CREATE MACRO tonnes_per(unit) AS
    CASE WHEN unit LIKE 'thousand metric%' THEN 1000.0 WHEN unit LIKE 'million metric%' THEN 1e6
         WHEN unit = 'kilograms' THEN 0.001 ELSE 1.0 END;

-- Raw code where the ISO3 is our reading rather than the same country under another number.
CREATE MACRO read_code(code) AS CASE WHEN code IN (58, 280, 490, 697, 711, 736, 849) THEN code END;

CREATE MACRO known(number, defect) AS CASE WHEN defect = '' AND NOT isnan(number) THEN number END;

-- Place value of the last digit of a printed number, as facts/publishers/cells.py: zeros at the end of a
-- whole number only hold the place, zeros behind the point are digits; NULL for signs, ranges and bounds.
CREATE MACRO resolution(printed) AS
    CASE WHEN NOT regexp_full_match(replace(printed, ',', ''), '[0-9]+(\.[0-9]+)?') THEN NULL
         WHEN contains(printed, '.') THEN pow(10, -length(split_part(printed, '.', 2)))
         WHEN replace(printed, ',', '')::DOUBLE = 0 THEN 1.0
         ELSE pow(10, length(replace(printed, ',', '')) - length(rtrim(replace(printed, ',', ''), '0'))) END;

-- Chain facts that are absolute amounts of one country and one calendar year.
CREATE VIEW production_facts AS
    SELECT * FROM (VALUES
        ('F110', 'ndpr', 'refined', 'element content'),
        ('F111', 'ndpr', 'refined', 'element content'),
        ('F117', 'ndfeb_magnets', 'magnet', 'gross weight'),
        ('F118', 'ndfeb_magnets', 'magnet', 'gross weight'),
        ('F119', 'ndfeb_magnets', 'magnet', 'gross weight'),
        ('F246', 'ndpr', 'refined', 'oxide content')
    ) AS chosen(id, material, stage, basis);

CREATE VIEW production_usgs_2025 AS
    SELECT m.material, m.stage,
           CASE WHEN u.country LIKE 'World total (rounded)%'
                  OR u.country LIKE 'World total (ilmenite and%' THEN 'WLD'
                WHEN u.country ILIKE 'Other countries%' THEN 'OTH'
                ELSE u.country_iso3 END AS country_iso3,
           u.year, u.value, u.low, u.high, resolution(u.value_text) AS resolution,
           -- correction usgs-2025-titanium-unit
           tonnes_per(u.unit) * CASE u.commodity WHEN 'Titanium Mineral Concentrates' THEN 1000 ELSE 1 END
               AS factor,
           m.basis,
           CASE WHEN u.qualifier = 'greater than' THEN 'greater than'
                WHEN u.value IS NULL THEN 'not available' WHEN u.value = 0 THEN 'zero'
                WHEN u.year = 2024 OR u.detail LIKE '%estimated%' THEN 'estimated'
                ELSE 'reported' END AS qualifier,
           u.detail, u.notes AS note, 'usgs-mcs-2025' AS source_id, '2025' AS edition
    FROM usgs_2025 u JOIN usgs_production m
      ON m.edition = '2025' AND m.commodity = u.commodity AND m.detail = u.detail
    WHERE u.statistic = 'Production'
      AND u.country NOT LIKE 'World total (ilmenite, %' AND u.country NOT LIKE 'World total (rutile, %';

CREATE VIEW production_usgs_2026 AS
    SELECT m.material, m.stage, u.country_iso3, u.year_end AS year, u.value, u.low, u.high,
           resolution(u.value_text) AS resolution,
           tonnes_per(u.unit) AS factor, m.basis,
           CASE WHEN u.qualifier <> 'value' THEN u.qualifier
                WHEN u.year_end = 2025 OR u.notes LIKE 'Estimated%' THEN 'estimated'
                ELSE 'reported' END AS qualifier,
           u.detail, u.notes AS note, 'usgs-mcs-2026' AS source_id, '2026' AS edition
    FROM usgs_2026 u JOIN usgs_production m
      ON m.edition = '2026' AND m.commodity = u.commodity
     AND m.detail = regexp_replace(u.detail, '[:,] rounded$', '')
    WHERE u.statistic = 'Production' AND u.section LIKE 'World%';

CREATE VIEW production_iea AS
    SELECT CASE mineral_key WHEN 'Rare Earth Elements' THEN 'magnet_rare_earths'
                ELSE lower(mineral_key) END AS material,
           CASE stage WHEN 'mining' THEN 'mine' ELSE 'refined' END AS stage, country_iso3, year,
           supply_kt AS value, supply_kt AS low, supply_kt AS high, NULL::DOUBLE AS resolution,
           1000.0 AS factor,
           CASE mineral_key WHEN 'Graphite' THEN 'gross weight' ELSE 'element content' END AS basis,
           CASE WHEN year > 2024 THEN 'projection' ELSE 'estimated' END AS qualifier,
           stage || ', base case' AS detail, '' AS note,
           'iea-supply-2024' AS source_id, 'base year 2024' AS edition
    FROM iea;

CREATE VIEW production_texts AS
    SELECT p.material, p.stage, f.country_iso3, f.year::SMALLINT AS year, f.quantity::DOUBLE AS value,
           f.quantity::DOUBLE AS low, f.quantity::DOUBLE AS high, resolution(f.quantity) AS resolution, 1.0 AS factor, p.basis,
           'reported' AS qualifier, f.id AS detail, f.statement AS note,
           'chain-facts-2026' AS source_id, '2026-11-22' AS edition
    FROM facts_source f JOIN production_facts p USING (id);

CREATE VIEW production AS
    SELECT *, 't' AS unit, low * factor AS low_t, high * factor AS high_t,
           resolution * factor AS resolution_t,
           CASE WHEN qualifier NOT IN ('greater than', 'less than') THEN value * factor END AS quantity_t
    FROM (FROM production_usgs_2025 UNION ALL FROM production_usgs_2026
          UNION ALL FROM production_iea UNION ALL FROM production_texts);

CREATE VIEW trade AS
    SELECT year, exporter_iso3 AS exporter, importer_iso3 AS importer, hs6, value_kusd, quantity_t,
           read_code(exporter_baci) AS exporter_baci, read_code(importer_baci) AS importer_baci,
           'baci-hs92' AS source_id
    FROM trade_source WHERE hs6 IN (SELECT hs6 FROM material_codes WHERE basket <> 'absent');

CREATE VIEW governance AS
    -- correction wgi-clip; greatest() passes over NULL, and unknown is not stable
    SELECT *, CASE WHEN estimate IS NOT NULL THEN least(greatest((2.5 - estimate) / 5, 0), 1) END AS instability
    FROM (SELECT iso3 AS country_iso3, country_name, year, indicator,
                 known(estimate, defect) AS estimate,
                 known(std_error, defect) AS std_error,
                 known(n_sources, defect) AS n_sources,
                 known(percentile_rank, defect) AS percentile_rank,
                 known(rank_lower90, defect) AS rank_lower90,
                 known(rank_upper90, defect) AS rank_upper90,
                 CASE WHEN vintage LIKE 'A%' THEN 'older release, to 2022'
                      ELSE 'newer release, from 2023' END AS edition,
                 CASE WHEN defect <> '' THEN 'set to missing: correction wgi-guyana'
                      WHEN vintage LIKE 'B%' THEN 'series break between 2022 and 2023' ELSE '' END AS note,
                 'wgi-pv' AS source_id
          FROM wgi);

CREATE VIEW policies AS SELECT *, id AS measure_id, 'policy-measures-2026' AS source_id FROM measures;
CREATE VIEW controlled_items AS SELECT *, 'controlled-items-2026' AS source_id FROM items;
CREATE VIEW quotas AS SELECT *, 'china-quotas-2026' AS source_id FROM quotas_source;
CREATE VIEW hs6_stages AS SELECT *, text AS description, 'hs6-stages-2026' AS source_id FROM stages_source;
CREATE VIEW projects AS SELECT *, id AS project_id, 'projects-2026' AS source_id FROM projects_source;
CREATE VIEW facts AS
    SELECT * REPLACE (try_cast(quantity AS DOUBLE) AS quantity, try_cast(year AS SMALLINT) AS year),
           id AS fact_id, quantity AS quantity_text, year AS period, 'chain-facts-2026' AS source_id
    FROM facts_source;
CREATE VIEW japan_demand AS SELECT *, 'japan-ree-demand-2026' AS source_id FROM japan;
CREATE VIEW iea_supply AS SELECT *, "case" AS supply_case, 'iea-supply-2024' AS source_id FROM iea;
CREATE VIEW iea_demand AS
    SELECT *, "table" AS demand_table, 'iea-demand-2024' AS source_id FROM iea_demand_source;
CREATE VIEW prices AS SELECT *, 'usgs-mcs-prices' AS source_id FROM prices_source;
CREATE VIEW magnet_exports AS SELECT *, 'china-magnet-exports-2026' AS source_id FROM magnets;
CREATE VIEW intensity AS
    SELECT *, origin_var AS technology, min AS minimum, max AS maximum, 'premise-intensity' AS source_id
    FROM intensity_source;
CREATE VIEW intensity_studies AS SELECT *, 'premise-intensity' AS source_id FROM studies;
CREATE VIEW intensity_references AS
    SELECT *, n AS number, key AS source_key, 'premise-intensity' AS source_id FROM refs;
CREATE VIEW usgs_mcs_2025 AS SELECT *, 'usgs-mcs-2025' AS source_id FROM usgs_2025;
CREATE VIEW usgs_mcs_2026 AS SELECT *, year_end AS year, 'usgs-mcs-2026' AS source_id FROM usgs_2026;
CREATE VIEW us_critical_2025 AS SELECT *, 'us-critical-minerals-2025' AS source_id FROM critical;
CREATE VIEW baci_countries AS SELECT *, 'baci-hs92' AS source_id FROM baci_codes;
CREATE VIEW baci_products AS
    SELECT *, rows AS row_count, 'baci-hs92' AS source_id FROM baci_products_source
    WHERE hs6 IN (SELECT hs6 FROM material_codes WHERE basket <> 'absent');
CREATE VIEW countries AS FROM countries_source;
CREATE VIEW corrections AS
    SELECT * EXCLUDE (source_id), source_id AS of_source, 'ytterby-catalog' AS source_id
    FROM corrections_source;
