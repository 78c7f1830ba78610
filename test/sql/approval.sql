-- An approval is for the plan that was seen, and a proposal says whether it can be approved at all.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
\t on
\a

SELECT play.pile_up();
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.proposals)');
SELECT id AS proposal, plan FROM selfheal.proposals \gset
SELECT plan ~ '^[0-9a-f]{16}$', can_be_approved, why_not FROM selfheal.proposals;
SELECT plan = :'plan' FROM selfheal.recoveries WHERE id = :proposal;

-- Another plan, and what is none
SELECT play.answer(format('SELECT selfheal.approve(%s, ''yes'', plan => ''0123456789abcdef'')', :proposal))
	LIKE '55000 recovery N has another plan than the one given%detail: Its plan is %hint: Look at it in selfheal.proposals%';
SELECT play.answer(format('SELECT selfheal.approve(%s, plan => %L)', :proposal, hash))
FROM unnest(ARRAY['', 'none', 'ABCDEF0123456789', '0x23456789abcdef', repeat('0', 17)]) AS hash;
SELECT count(*) FROM selfheal.proposals;

-- Stopped: it is still there, and says that nobody can approve it.
SELECT selfheal.stop('a test') IS NOT NULL;
SELECT can_be_approved, why_not FROM selfheal.proposals;
SELECT play.answer(format('SELECT selfheal.approve(%s, plan => %L)', :proposal, :'plan'));
SELECT selfheal.start('the test is over') IS NOT NULL;
SELECT can_be_approved, why_not FROM selfheal.proposals;

-- The right plan
SELECT play.redacted(selfheal.approve(:proposal, 'as seen', plan => :'plan'));
SELECT play.becomes_true(format('EXISTS (SELECT FROM selfheal.recoveries WHERE id = %s AND stage = ''succeeded'')', :proposal));
SELECT play.answer(format('SELECT selfheal.approve(%s, plan => %L)', :proposal, :'plan'));
SELECT play.clear();
\i :sessions_end
