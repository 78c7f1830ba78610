# Promise: a failure is compared with earlier ones of which the cause is known, by how the metrics had changed against
# what is usual; the diagnosis names what it is like, also after a restart.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use SelfHeal;

# Nothing of it depends on the server's version, and learning what is usual takes its time.
oldest_server_only();

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = observe
selfheal.sample_interval = 50ms
selfheal.cpu_budget = 1
selfheal.idle_blocker_patience = 1s
selfheal.causal_learning_interval = 0
CONF

hot_table($node);
usual_is_known();
foreach my $failure (1 .. 5)
{
	pile_up_comes_and_goes($failure);
	answer($node, "SELECT selfheal.confirm_cause($failure, 'idle_in_transaction', 'they forgot to commit')");
}
is(answer($node, 'SELECT count(recalled) FROM selfheal.diagnoses WHERE failure < 5'), 0, 'a few are too few to go by');

pile_up_comes_and_goes(6);
is_like_the_others(6);
is(answer($node, "SELECT string_agg(DISTINCT confirmed, ',') FROM selfheal.similar_incidents(6, 3) WHERE distance < 0.5"),
	'idle_in_transaction', 'so does similar_incidents()');
like(answer($node, "SELECT string_agg(in_common, ' ') FROM selfheal.similar_incidents(6, 3)"),
	qr/sessions_active [\d.]+ times/, 'with what they have in common');

$node->restart;
usual_is_known();
pile_up_comes_and_goes(7);
is_like_the_others(7);
$node->stop;
done_testing();

sub usual_is_known
{
	ok(poll_until($node, "SELECT bool_and(samples >= 30) FROM selfheal.baselines WHERE metric IN ('lock_waiters', 'sessions_active')"),
		'what is usual is known');
	return;
}

sub pile_up_comes_and_goes
{
	my ($failure) = @_;
	my ($blocker, @waiters) = pile_up($node, 5);

	ok(poll_until($node, "SELECT changes ? 'lock_waiters' FROM selfheal.incidents WHERE failure = $failure"),
		"what changed in failure $failure is kept");
	$_->close foreach $blocker, @waiters;
	poll_until($node, "SELECT closed_at IS NOT NULL FROM selfheal.failures WHERE id = $failure");
	poll_until($node, "SELECT value = 0 FROM selfheal.metrics WHERE name = 'lock_waiters'");
	return;
}

sub is_like_the_others
{
	my ($failure) = @_;

	ok(poll_until($node, "SELECT recalled FROM selfheal.diagnoses WHERE failure = $failure", 'idle_in_transaction'),
		"failure $failure is like the others");
	is(answer($node, "SELECT recalled_share > 0.3 AND by_graph BETWEEN 0 AND 1 FROM selfheal.diagnoses WHERE failure = $failure"),
		't', 'for a good part, beside what the graph says');
	return;
}
