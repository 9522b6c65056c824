BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE analysis (
	id INTEGER NOT NULL, 
	micrograph_digest VARCHAR(80) NOT NULL, 
	model_digest VARCHAR(80) NOT NULL, 
	recipe_digest VARCHAR(80) NOT NULL, 
	code_version VARCHAR NOT NULL, 
	seed BIGINT NOT NULL, 
	pixel_size_nm DOUBLE, 
	scale_source VARCHAR(20) NOT NULL, 
	n_grains INTEGER NOT NULL, 
	warnings JSON NOT NULL, 
	artefacts JSON NOT NULL, 
	created_at VARCHAR NOT NULL, 
	CONSTRAINT pk_analysis PRIMARY KEY (id), 
	CONSTRAINT fk_analysis_micrograph_digest FOREIGN KEY(micrograph_digest) REFERENCES micrograph (digest), 
	CONSTRAINT fk_analysis_model_digest FOREIGN KEY(model_digest) REFERENCES model (digest), 
	CONSTRAINT fk_analysis_recipe_digest FOREIGN KEY(recipe_digest) REFERENCES recipe (digest), 
	CONSTRAINT uq_analysis_micrograph_digest_model_digest_recipe_digest UNIQUE (micrograph_digest, model_digest, recipe_digest)
);
INSERT INTO "analysis" VALUES(1,'0000000000000000000000000000000000000000000000000000000000000001','model','recipe','0.1.0',1,1.25,'metadata',3,'["scale bar and metadata disagree"]','{"overlay": "overlays/0001.png"}','2026-11-22T09:00:00Z');
INSERT INTO "analysis" VALUES(2,'0000000000000000000000000000000000000000000000000000000000000002','model','recipe','0.1.0',2,1.25,'metadata',2,'[]','{"overlay": "overlays/0002.png"}','2026-11-22T09:00:00Z');
CREATE TABLE current_analysis (
	micrograph_digest VARCHAR(80) NOT NULL, 
	analysis_id INTEGER NOT NULL, 
	CONSTRAINT pk_current_analysis PRIMARY KEY (micrograph_digest), 
	CONSTRAINT fk_current_analysis_analysis_id FOREIGN KEY(analysis_id) REFERENCES analysis (id), 
	CONSTRAINT fk_current_analysis_micrograph_digest FOREIGN KEY(micrograph_digest) REFERENCES micrograph (digest)
);
INSERT INTO "current_analysis" VALUES('0000000000000000000000000000000000000000000000000000000000000001',1);
INSERT INTO "current_analysis" VALUES('0000000000000000000000000000000000000000000000000000000000000002',2);
CREATE TABLE current_pool (
	sample_id VARCHAR NOT NULL, 
	pool_id INTEGER NOT NULL, 
	CONSTRAINT pk_current_pool PRIMARY KEY (sample_id), 
	CONSTRAINT fk_current_pool_pool_id FOREIGN KEY(pool_id) REFERENCES pool (id), 
	CONSTRAINT fk_current_pool_sample_id FOREIGN KEY(sample_id) REFERENCES sample (sample_id)
);
INSERT INTO "current_pool" VALUES('S1',1);
CREATE TABLE descriptor (
	id INTEGER NOT NULL, 
	analysis_id INTEGER, 
	pool_id INTEGER, 
	name VARCHAR NOT NULL, 
	value DOUBLE, 
	ci_low DOUBLE, 
	ci_high DOUBLE, 
	unit VARCHAR NOT NULL, 
	method VARCHAR NOT NULL, 
	CONSTRAINT pk_descriptor PRIMARY KEY (id), 
	CONSTRAINT ck_descriptor_one_owner CHECK ((analysis_id IS NULL) <> (pool_id IS NULL)), 
	CONSTRAINT fk_descriptor_analysis_id FOREIGN KEY(analysis_id) REFERENCES analysis (id), 
	CONSTRAINT fk_descriptor_pool_id FOREIGN KEY(pool_id) REFERENCES pool (id), 
	CONSTRAINT uq_descriptor_analysis_id_name UNIQUE (analysis_id, name), 
	CONSTRAINT uq_descriptor_pool_id_name UNIQUE (pool_id, name)
);
INSERT INTO "descriptor" VALUES(1,1,NULL,'equivalent_diameter_mean_nm',5.01428571428571459014e+01,45.0,55.0,'nm','number mean, ASTM E112');
INSERT INTO "descriptor" VALUES(2,1,NULL,'boundary_density_per_um',3.98888888888888857317e+01,NULL,NULL,'1/um','Crofton');
INSERT INTO "descriptor" VALUES(3,2,NULL,'equivalent_diameter_mean_nm',5.02857142857142846992e+01,45.0,55.0,'nm','number mean, ASTM E112');
INSERT INTO "descriptor" VALUES(4,2,NULL,'boundary_density_per_um',3.97777777777777785672e+01,NULL,NULL,'1/um','Crofton');
INSERT INTO "descriptor" VALUES(5,NULL,1,'intercept_mean_nm',61.5,55.0,68.0,'nm','ASTM E112');
CREATE TABLE design (
	id INTEGER NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	route VARCHAR(20) NOT NULL, 
	campaign VARCHAR NOT NULL, 
	CONSTRAINT pk_design PRIMARY KEY (id), 
	CONSTRAINT ck_design_route CHECK (route IN ('ai', 'researcher')), 
	CONSTRAINT uq_design_digest UNIQUE (digest)
);
INSERT INTO "design" VALUES(1,'4f806b03699c0ee1567d37b9124c106ca850ea6efe8d5de30b3dae5f0d7cdab0','ai','c1');
CREATE TABLE design_parameter (
	design_id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	value DOUBLE, 
	category VARCHAR, 
	unit VARCHAR NOT NULL, 
	CONSTRAINT pk_design_parameter PRIMARY KEY (design_id, name), 
	CONSTRAINT fk_design_parameter_design_id FOREIGN KEY(design_id) REFERENCES design (id)
);
INSERT INTO "design_parameter" VALUES(1,'temp',850.0,NULL,'degC');
CREATE TABLE failure (
	path VARCHAR NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	reason VARCHAR NOT NULL, 
	remedy VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	CONSTRAINT pk_failure PRIMARY KEY (path, digest)
);
CREATE TABLE grain (
	analysis_id INTEGER NOT NULL, 
	label INTEGER NOT NULL, 
	y_px DOUBLE, 
	x_px DOUBLE, 
	area_nm2 DOUBLE NOT NULL, 
	equivalent_diameter_nm DOUBLE NOT NULL, 
	perimeter_nm DOUBLE, 
	feret_max_nm DOUBLE, 
	feret_min_nm DOUBLE, 
	aspect_ratio DOUBLE, 
	orientation_deg DOUBLE, 
	bbox_y0_px INTEGER, 
	bbox_x0_px INTEGER, 
	bbox_y1_px INTEGER, 
	bbox_x1_px INTEGER, 
	touches_frame BOOLEAN NOT NULL, 
	weight DOUBLE, 
	CONSTRAINT pk_grain PRIMARY KEY (analysis_id, label), 
	CONSTRAINT fk_grain_analysis_id FOREIGN KEY(analysis_id) REFERENCES analysis (id)
)
 WITHOUT ROWID

;
INSERT INTO "grain" VALUES(1,1,7.1612695652875640916e+02,968.883175502225,2.4565563219385134631e+02,5.30365570748201207605e+02,3.85727708226042068414e+02,8.84651019211728339552e+02,393.683562826875,1.02953445395793163896e+00,1.48456288710313344834e+02,426,69,536,299,0,8.67296585995545599168e-01);
INSERT INTO "grain" VALUES(1,2,2.52366462307591632452e+01,9.69462608735129720109e+02,4.55193386728060886544e+02,2.06854620129321318698e+02,3.16357344808577920511e+02,6.76005044816324698322e+02,734.301744602943,1.91526767903834382877e+00,9.65189280522842096843e+01,258,700,13,248,0,0.857807464067357);
INSERT INTO "grain" VALUES(1,3,2.4367726435474958179e+02,7.87850932410013115279e+02,5.86439984843016077304e+02,6.94811400437714269187e+02,1.52676414216851412679e+02,6.94242621597497077366e+02,2.34792359221917422483e+02,1.49862748243764754008e+00,1.51772641112868711841e+02,213,42,340,53,0,1.14177515404474361204e+00);
INSERT INTO "grain" VALUES(2,1,2.17894825089827492091e+02,7.97590371804424648873e+02,4.98126975674938705668e+02,6.8971277163013462539e+02,7.631419099108604769e+02,5.89063647475467178082e+02,3.55664670333865956313e+02,1.10426966646599611365e+00,1.65510592184489098597e+02,68,891,3,692,0,1.66158235013254351741e+00);
INSERT INTO "grain" VALUES(2,2,6.14805001223027716142e+01,5.49145571531326140771e+02,3.17335961704245960389e+02,8.02134398512318512117e+02,8.00073505793113213223e+02,3.64150425996694423243e+02,7.34522560673333600777e+02,1.59692824100243013774e+00,1.48496434990198508782e+02,244,537,802,747,0,1.6598948904167734053e+00);
CREATE TABLE intercept (
	analysis_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	angle_deg DOUBLE NOT NULL, 
	y0_px DOUBLE, 
	x0_px DOUBLE, 
	length_nm DOUBLE NOT NULL, 
	label INTEGER NOT NULL, 
	cut_ends SMALLINT NOT NULL, phase_ends SMALLINT, line_length_nm DOUBLE, 
	CONSTRAINT pk_intercept PRIMARY KEY (analysis_id, number), 
	CONSTRAINT fk_intercept_analysis_id FOREIGN KEY(analysis_id) REFERENCES analysis (id)
)
 WITHOUT ROWID

;
INSERT INTO "intercept" VALUES(1,0,0,0.0,8.89946520342209737488e+02,7.97024263296758363151e+02,2.79442718434394521409e+01,3,1,NULL,NULL);
INSERT INTO "intercept" VALUES(1,1,0,45.0,4.08203200523655539188e+02,8.5153270400574126598e+02,3.56658345331775805675e+01,12,2,NULL,NULL);
INSERT INTO "intercept" VALUES(1,2,0,90.0,2.21677458733143197379e+02,4.65313717203245516898e+02,1.95610073494753038403e+01,5,2,NULL,NULL);
INSERT INTO "intercept" VALUES(1,3,0,135.0,7.78751890139215333878e+02,7.94811738227282262416e+02,2.48507190529349841767e+01,4,1,NULL,NULL);
INSERT INTO "intercept" VALUES(1,4,0,0.0,2.05193082717924141895e+02,4.09515599105593423694e+02,6.3529570959273158337e+01,13,2,NULL,NULL);
INSERT INTO "intercept" VALUES(1,5,0,45.0,2.69612574239658115966e+01,1.20282872787433547045e+02,5.33559127899199481248e+01,7,2,NULL,NULL);
INSERT INTO "intercept" VALUES(1,6,0,90.0,2.22794153348864142571e+02,1.05555883396643608303e+02,6.9963529121329457892e+01,9,0,NULL,NULL);
INSERT INTO "intercept" VALUES(1,7,0,135.0,7.94750993873947209067e+02,5.13961414749323694181e+02,4.22257715478716590942e+01,19,1,NULL,NULL);
INSERT INTO "intercept" VALUES(1,8,1,0.0,7.72342211467050560698e+02,2.96018935062783441472e+01,3.6361423596610443099e+01,8,0,NULL,NULL);
INSERT INTO "intercept" VALUES(1,9,1,45.0,7.71032089348314571015e+02,2.52283540514255236078e+02,5.52951832244913887848e+01,14,1,NULL,NULL);
INSERT INTO "intercept" VALUES(1,10,1,90.0,6.45727151563226243503e+02,1.54085055116013506905e+02,70.196666407801,18,1,NULL,NULL);
INSERT INTO "intercept" VALUES(1,11,1,135.0,6.22918158346052109643e+02,2.0413313884316954727e+02,2.49771353658674755138e+01,1,2,NULL,NULL);
INSERT INTO "intercept" VALUES(1,12,1,0.0,1.93213277985082839899e+02,795.87067373335,7.18594245104806077489e+01,11,0,NULL,NULL);
INSERT INTO "intercept" VALUES(1,13,1,45.0,8.07456928562296752729e+02,4.85557855238339755024e+02,7.42946456550734097862e+01,4,1,NULL,NULL);
INSERT INTO "intercept" VALUES(1,14,1,90.0,2.33614326575171077143e+02,6.6305675418502335104e+02,4.00155851792005563555e+01,12,2,NULL,NULL);
INSERT INTO "intercept" VALUES(2,0,0,0.0,6.17308780769672466688e+02,6.26430242190967078406e+02,6.8836184451608595225e+00,16,2,NULL,NULL);
INSERT INTO "intercept" VALUES(2,1,0,45.0,6.53518537727118314266e+02,821.871627944847,8.0650259543994,16,2,NULL,NULL);
INSERT INTO "intercept" VALUES(2,2,0,90.0,5.20499912641136575075e+02,5.84947922566207353153e+02,1.92036808934011276051e+01,6,0,NULL,NULL);
INSERT INTO "intercept" VALUES(2,3,0,135.0,2.53236016845535687018e+02,4.31771070255036079274e+02,5.00493854668382311947e+01,10,2,NULL,NULL);
INSERT INTO "intercept" VALUES(2,4,0,0.0,1.10263755063306216901e+01,3.29236272879055746898e+01,5.81196473906027080138e+01,17,1,NULL,NULL);
INSERT INTO "intercept" VALUES(2,5,0,45.0,8.02000816665901083979e+02,324.082557531887,3.33293112382565936968e+01,14,1,NULL,NULL);
INSERT INTO "intercept" VALUES(2,6,0,90.0,3.51256413103421152757e+02,8.61747077931636681555e+02,4.53000682746307603565e+01,2,2,NULL,NULL);
INSERT INTO "intercept" VALUES(2,7,0,135.0,1.14459856757962626257e+02,78.1105689955534,6.32740472480458606687e+01,13,0,NULL,NULL);
INSERT INTO "intercept" VALUES(2,8,1,0.0,1.98081767524674319247e+01,8.06934314079766068072e+02,7.78325266896758591892e+01,14,0,NULL,NULL);
INSERT INTO "intercept" VALUES(2,9,1,45.0,3.53355802698489242165e+02,757.923732758306,6.28858544360252906795e+01,13,1,NULL,NULL);
CREATE TABLE micrograph (
	digest VARCHAR(80) NOT NULL, 
	sha256 VARCHAR(80) NOT NULL, 
	frame INTEGER NOT NULL, 
	sample_id VARCHAR, 
	path VARCHAR NOT NULL, 
	vendor VARCHAR NOT NULL, 
	rows INTEGER NOT NULL, 
	columns INTEGER NOT NULL, 
	pixel_size_nm DOUBLE, 
	scale_source VARCHAR(20) NOT NULL, 
	scale_conflict VARCHAR, 
	CONSTRAINT pk_micrograph PRIMARY KEY (digest), 
	CONSTRAINT fk_micrograph_sample_id FOREIGN KEY(sample_id) REFERENCES sample (sample_id)
);
INSERT INTO "micrograph" VALUES('0000000000000000000000000000000000000000000000000000000000000001','0000000000000000000000000000000000000000000000000000000000000001',0,'S1','S1/0001.tif','fei_tiff',900,1000,1.25,'metadata',NULL);
INSERT INTO "micrograph" VALUES('0000000000000000000000000000000000000000000000000000000000000002','0000000000000000000000000000000000000000000000000000000000000002',0,'S1','S1/0002.tif','fei_tiff',900,1000,1.25,'metadata',NULL);
CREATE TABLE model (
	digest VARCHAR(80) NOT NULL, 
	name VARCHAR NOT NULL, 
	CONSTRAINT pk_model PRIMARY KEY (digest)
);
INSERT INTO "model" VALUES('model','boundary-net');
CREATE TABLE pool (
	id INTEGER NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	sample_id VARCHAR NOT NULL, 
	code_version VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	CONSTRAINT pk_pool PRIMARY KEY (id), 
	CONSTRAINT fk_pool_sample_id FOREIGN KEY(sample_id) REFERENCES sample (sample_id), 
	CONSTRAINT uq_pool_digest UNIQUE (digest)
);
INSERT INTO "pool" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','S1','0.1.0','2026-11-22T09:00:00Z');
CREATE TABLE pool_member (
	pool_id INTEGER NOT NULL, 
	analysis_id INTEGER NOT NULL, 
	CONSTRAINT pk_pool_member PRIMARY KEY (pool_id, analysis_id), 
	CONSTRAINT fk_pool_member_analysis_id FOREIGN KEY(analysis_id) REFERENCES analysis (id), 
	CONSTRAINT fk_pool_member_pool_id FOREIGN KEY(pool_id) REFERENCES pool (id)
);
INSERT INTO "pool_member" VALUES(1,1);
INSERT INTO "pool_member" VALUES(1,2);
CREATE TABLE property (
	sample_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	value DOUBLE NOT NULL, 
	uncertainty DOUBLE, 
	unit VARCHAR NOT NULL, 
	CONSTRAINT pk_property PRIMARY KEY (sample_id, name), 
	CONSTRAINT fk_property_sample_id FOREIGN KEY(sample_id) REFERENCES sample (sample_id)
);
INSERT INTO "property" VALUES('S1','jc',1.5,0.1,'kA/cm2');
CREATE TABLE recipe (
	digest VARCHAR(80) NOT NULL, 
	text VARCHAR NOT NULL, 
	CONSTRAINT pk_recipe PRIMARY KEY (digest)
);
INSERT INTO "recipe" VALUES('recipe','persistence = 0.1
language = "日本語"
');
CREATE TABLE sample (
	sample_id VARCHAR NOT NULL, 
	design_id INTEGER, 
	images VARCHAR, 
	created_at VARCHAR NOT NULL, made_on VARCHAR, position INTEGER, 
	CONSTRAINT pk_sample PRIMARY KEY (sample_id), 
	CONSTRAINT fk_sample_design_id FOREIGN KEY(design_id) REFERENCES design (id)
);
INSERT INTO "sample" VALUES('S1',1,NULL,'2026-11-22T09:00:00Z',NULL,NULL);
CREATE TABLE suggestion (
	id INTEGER NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	origin VARCHAR(20) NOT NULL, 
	campaign VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	snapshot_digest VARCHAR(80) NOT NULL, 
	seed BIGINT, 
	parameters JSON NOT NULL, 
	predictions JSON NOT NULL, 
	created_at VARCHAR NOT NULL, objective VARCHAR, reason VARCHAR, 
	CONSTRAINT pk_suggestion PRIMARY KEY (id), 
	CONSTRAINT ck_suggestion_origin CHECK (origin IN ('ai', 'researcher')), 
	CONSTRAINT uq_suggestion_digest UNIQUE (digest)
);
INSERT INTO "suggestion" VALUES(1,'d','ai','c1','BOXVIA','',1,'{"temp_degC": 860.0}','{}','2026-11-22T09:00:00Z',NULL,NULL);
CREATE TABLE verdict (
	pool_id INTEGER NOT NULL, 
	verdict VARCHAR(20) NOT NULL, 
	reason VARCHAR NOT NULL, 
	p_value DOUBLE, 
	mode_ratio DOUBLE, 
	power DOUBLE, 
	n_images INTEGER NOT NULL, 
	n_interior INTEGER NOT NULL, 
	seed BIGINT NOT NULL, 
	result JSON NOT NULL, 
	CONSTRAINT pk_verdict PRIMARY KEY (pool_id), 
	CONSTRAINT fk_verdict_pool_id FOREIGN KEY(pool_id) REFERENCES pool (id)
);
INSERT INTO "verdict" VALUES(1,'bimodal','two populations',3.0e-03,2.5,0.9,2,4,7,'{"verdict": "bimodal", "reason": "two populations", "p_value": 0.003, "mode_ratio": 2.5, "power": 0.9, "n_images": 2, "n_interior": 4, "seed": 7}');
CREATE INDEX ix_sample_design_id ON sample (design_id);
CREATE INDEX ix_micrograph_sample_id ON micrograph (sample_id);
CREATE INDEX ix_micrograph_sha256 ON micrograph (sha256);
CREATE INDEX ix_pool_sample_id ON pool (sample_id);
CREATE INDEX ix_current_pool_pool_id ON current_pool (pool_id);
CREATE INDEX ix_current_analysis_analysis_id ON current_analysis (analysis_id);
CREATE INDEX ix_pool_member_analysis_id ON pool_member (analysis_id);
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
FROM sample s LEFT JOIN design d ON d.id = s.design_id JOIN property y ON y.sample_id = s.sample_id;
COMMIT;
