"""The view `optimizer_table`, for people and optimizers: a row per sample and parameter, feature or property.

Whoever changes it writes a migration.
"""

OPTIMIZER_COLUMNS = tuple(
    "sample_id route campaign kind name value text uncertainty ci_low ci_high unit pool".split()
)

VIEW = """
CREATE VIEW optimizer_table AS
SELECT s.sample_id, d.route, d.campaign, 'parameter' AS kind, p.name, p.value, p.category AS text,
       CAST(NULL AS double precision) AS uncertainty, CAST(NULL AS double precision) AS ci_low,
       CAST(NULL AS double precision) AS ci_high, p.unit, NULL AS pool
FROM sample s JOIN design d ON d.id = s.design_id JOIN design_parameter p ON p.design_id = d.id
UNION ALL
SELECT s.sample_id, d.route, d.campaign, 'feature', f.name, f.value, NULL, NULL, f.ci_low, f.ci_high, f.unit,
       o.digest
FROM sample s LEFT JOIN design d ON d.id = s.design_id
JOIN current_pool c ON c.sample_id = s.sample_id JOIN pool o ON o.id = c.pool_id
JOIN descriptor f ON f.pool_id = o.id
UNION ALL
SELECT s.sample_id, d.route, d.campaign, 'verdict', 'modality', v.p_value, v.verdict, NULL, NULL, NULL, '1',
       o.digest
FROM sample s LEFT JOIN design d ON d.id = s.design_id
JOIN current_pool c ON c.sample_id = s.sample_id JOIN pool o ON o.id = c.pool_id
JOIN verdict v ON v.pool_id = o.id
UNION ALL
SELECT s.sample_id, d.route, d.campaign, 'property', y.name, y.value, NULL, y.uncertainty, NULL, NULL, y.unit,
       NULL
FROM sample s LEFT JOIN design d ON d.id = s.design_id JOIN property y ON y.sample_id = s.sample_id
"""
