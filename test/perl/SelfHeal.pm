package SelfHeal;

# What the tests with whole servers share: a server with selfheal in it, sessions that can
# wait for locks or be killed, and waiting for things to become true.
#
#	my $node = heal_node('main', conf => "selfheal.autonomy = full");
#	my $blocker = idle_in_transaction($node, 'UPDATE t SET x = 1 WHERE id = 7');
#	my @waiters = waiters($node, 5, 'UPDATE t SET x = 2 WHERE id = 7');
#	ok(poll_until($node, 'SELECT count(*) = 1 FROM selfheal.proposals'), 'it is seen');
#	ok($blocker->is_gone, 'the blocker was ended');
#	is($_->result, '', 'the waiter went on') foreach @waiters;
#	stop_node($node);
#
# Nothing here sleeps for a guessed time, and nothing waits for ever. The same on every
# server version: PostgreSQL's own background sessions differ between them, and die with
# the test when their backend is ended, which is what we do to them all day.

use strict;
use warnings;

use Exporter qw(import);
use Time::HiRes qw(time usleep);

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(oldest_server oldest_server_only heal_node create_extension stop_node crash_node hot_table configure
  session idle_in_transaction waiters pile_up engine_pid hold release answer stage_of
  steps_of poll_until wait_until wait_for_log log_offset);

our $patience = 90;    # seconds before a wait gives up: only a failure takes that long

# What takes long and depends on no version of the server is done on the oldest one that is supported.
sub oldest_server
{
	return `pg_config --version` =~ /PostgreSQL 15\b/;
}

# Skips the whole file on any other.
sub oldest_server_only
{
	plan skip_all => 'done on the oldest server only' unless oldest_server();
	return;
}

# A running server with selfheal preloaded and, in database postgres, created. Options:
# conf, more lines for postgresql.conf; streaming => 1, may have standbys;
# start => 0, only initialised; extension => 0, preloaded but not created.
sub heal_node
{
	my ($name, %option) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => $option{streaming});
	# After a crash the module leaves a server down; a real one comes back. It also writes less WAL than a
	# real one, on which a lock can need a transaction id.
	$node->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'selfheal'
wal_level = replica
restart_after_crash = on
max_connections = 50
max_worker_processes = 16
CONF
	$node->append_conf('postgresql.conf', $option{conf}) if defined $option{conf};
	return $node if defined $option{start} && !$option{start};

	$node->start;
	create_extension($node)
	  unless defined $option{extension} && !$option{extension};
	return $node;
}

sub create_extension
{
	my ($node, $database) = @_;

	$node->safe_psql($database // 'postgres', 'CREATE EXTENSION selfheal');
}

# A fast stop of a server that has just crashed may never end; see that it does.
sub stop_node
{
	my ($node, $mode) = @_;

	{
		local $ENV{PGCTLTIMEOUT} = 15;
		return 1 if $node->stop($mode // 'fast', fail_ok => 1);
	}
	diag('the fast stop did not end; stopping at once');
	return $node->stop('immediate');
}

# Kills the postmaster, as a power cut does, and returns when none of its processes is left
# so that it can be started again.
sub crash_node
{
	my ($node) = @_;
	my @left = children_of(postmaster_pid($node));

	$node->kill9;
	wait_until(sub { !grep { kill(0, $_) } @left }, 'the processes to go away')
	  or die 'processes of the killed server are still there';
}

sub postmaster_pid
{
	my ($node) = @_;
	my ($pid) = split(/\n/, slurp_file($node->data_dir . '/postmaster.pid'));

	return $pid;
}

sub children_of
{
	my ($parent) = @_;
	my @children;

	foreach my $file (glob('/proc/[0-9]*/stat'))
	{
		open(my $stat, '<', $file) or next;    # it has just ended
		my $line = <$stat> // '';
		# The name in parentheses may hold anything, so read from its end.
		push @children, $1
		  if $line =~ /^(\d+) \(.*\) \S+ (\d+) / && $2 == $parent;
	}
	return @children;
}

# A role without rights of its own, app, and a table for it to fight over.
sub hot_table
{
	my ($node, $database) = @_;

	$node->psql('postgres', 'CREATE ROLE app LOGIN');
	$node->safe_psql($database // 'postgres', <<'SQL');
CREATE TABLE hot (id integer PRIMARY KEY, n integer);
INSERT INTO hot SELECT g, 0 FROM generate_series(1, 100) AS g;
GRANT ALL ON hot TO app;
SQL
}

# Changes settings and reloads, and returns when whatever starts from now on has them.
sub configure
{
	my ($node, %setting) = @_;
	my $before = answer($node, 'SELECT pg_conf_load_time()');

	foreach my $name (sort keys %setting)
	{
		$node->safe_psql('postgres', "ALTER SYSTEM SET $name = '$setting{$name}'");
	}
	$node->reload;
	# another, and not a later one: tests step the clock
	poll_until($node, "SELECT pg_conf_load_time() <> '$before'")
	  or die 'the settings were not reloaded';
}

# Recoveries wait in this stage, until released.
sub hold
{
	my ($node, $stage) = @_;

	configure($node, 'selfheal.hold_stage' => $stage);
}

sub release
{
	my ($node) = @_;

	hold($node, 'none');
}

# What a query answers, for queries that must work.
sub answer
{
	my ($node, $query, $database) = @_;

	return $node->safe_psql($database // 'postgres', $query);
}

sub engine_pid
{
	my ($node) = @_;

	return answer($node,
		"SELECT pid FROM pg_stat_activity WHERE backend_type = 'selfheal engine'");
}

sub stage_of
{
	my ($node, $recovery) = @_;

	return answer($node,
		"SELECT stage FROM selfheal.recoveries WHERE id = $recovery ORDER BY proposed_at DESC LIMIT 1"
	);
}

# All stages a recovery went through, with commas.
sub steps_of
{
	my ($node, $recovery) = @_;

	return answer($node,
		"SELECT string_agg(stage, ', ' ORDER BY at, step) FROM selfheal.recovery_steps WHERE recovery = $recovery"
	);
}

# Runs a query again and again until it answers what is expected ('t' if not given).
# Errors are answers that are not yet the right one: the server may be restarting.
sub poll_until
{
	my ($node, $query, $expected, %option) = @_;
	my ($answer, $error) = ('', '');

	$expected //= 't';
	return 1
	  if wait_until(
		sub {
			# a psql that is refused at once, as by a server that crashes, takes no query any more, and that dies here
			eval {
				(undef, $answer, $error) =
				  $node->psql($option{database} // 'postgres', $query);
				1;
			} or ($answer, $error) = ('', "$@");
			return $answer eq $expected && $error eq '';
		},
		undef,
		$option{patience});
	diag("gave up waiting for:\n$query\nexpected: $expected\nlast answer: $answer\n"
		  . "last error: $error");
	return 0;
}

# Calls a function until it returns true.
sub wait_until
{
	my ($condition, $what, $seconds) = @_;
	my $end = time + ($seconds // $patience);

	until ($condition->())
	{
		if (time > $end)
		{
			diag("gave up waiting for $what") if defined $what;
			return 0;
		}
		usleep(50_000);
	}
	return 1;
}

# Waits until the server's log, from an offset on, matches; returns the text after it.
sub wait_for_log
{
	my ($node, $pattern, $offset) = @_;
	my $text;

	return wait_until(
		sub {
			$text = slurp_file($node->logfile, $offset // 0);
			return $text =~ $pattern;
		},
		"$pattern in the server's log") ? $text : undef;
}

# Where the log ends now.
sub log_offset
{
	my ($node) = @_;

	return -s $node->logfile;
}

sub session
{
	my ($node, %option) = @_;

	return SelfHeal::Session->new($node, %option);
}

# A session that has run a statement in a transaction and now does nothing.
sub idle_in_transaction
{
	my ($node, $sql, %option) = @_;
	my $session = session($node, application => 'blocker', %option);

	$session->query('BEGIN');
	$session->query($sql);
	die 'blocker could not start: ' . $session->error if $session->error ne '';
	return $session;
}

# That many sessions, each in a statement that waits for a lock when this returns.
sub waiters
{
	my ($node, $count, $sql, %option) = @_;
	my @sessions =
	  map { session($node, application => "waiter $_", %option) } 1 .. $count;
	my $pids = join(',', map { $_->pid } @sessions);

	$_->start($sql) foreach @sessions;
	poll_until($node,
		"SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN ($pids)",
		$count)
	  or die 'the waiters do not wait';
	return @sessions;
}

# The fault most tests need: an idle transaction that holds a hot row, and sessions behind it.
sub pile_up
{
	my ($node, $count, %option) = @_;
	my $row = delete $option{row} // 1;
	my $sql = "UPDATE hot SET n = n + 1 WHERE id = $row";
	my $blocker = idle_in_transaction($node, $sql, user => 'app', %option);

	return ($blocker, waiters($node, $count, $sql, user => 'app', %option));
}

package SelfHeal::Session;

use IPC::Run;
use Test::More;

# Options: database, application, user.
sub new
{
	my ($class, $node, %option) = @_;
	my $self = bless({ in => '', out => '', err => '', error => '', count => 0 }, $class);
	my $connection = $node->connstr($option{database} // 'postgres');

	$connection .= " application_name='$option{application}'" if $option{application};
	$connection .= " user='$option{user}'" if $option{user};
	$self->{psql} = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $connection, '-f', '-' ],
		'<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err});
	$self->{pid} = $self->query('SELECT pg_backend_pid()');
	die "could not connect: $self->{error}" unless $self->{pid} =~ /^\d+$/;
	return $self;
}

# Of the backend.
sub pid
{
	my ($self) = @_;

	return $self->{pid};
}

# Runs a statement and returns its output; error() has what it complained about.
sub query
{
	my ($self, $sql) = @_;

	$self->start($sql);
	return $self->result;
}

# Sends a statement and does not wait for it; result() does.
sub start
{
	my ($self, $sql) = @_;

	$self->{count}++;
	$self->{in} .= "$sql\n;\n\\echo :end $self->{count}:\n\\warn :end $self->{count}:\n";
	eval { $self->{psql}->pump_nb };    # a psql that has ended is found out below
}

# The output of the statement started last, when it has ended. If the backend is gone that
# is an end, too.
sub result
{
	my ($self) = @_;
	my $end = qr/:end $self->{count}:\n/;

	SelfHeal::wait_until(
		sub { $self->pump || ($self->{out} =~ $end && $self->{err} =~ $end) },
		"the end of a statement of session $self->{pid}")
	  or die 'a statement did not end';

	my ($output, $error) = ($self->{out}, $self->{err});
	($self->{out}, $self->{err}) = ('', '');
	s/\n?:end \d+:\n//g foreach ($output, $error);
	chomp($output);
	$self->{error} = $error;
	return $output;
}

sub error
{
	my ($self) = @_;

	return $self->{error};
}

# Whether the backend is gone. psql notices only when it asks for something, hence the
# statement; if one is running already, ask for its result() first.
sub is_gone
{
	my ($self) = @_;

	return 1 if $self->pump;
	$self->query('SELECT 1');
	return $self->pump || $self->{error} =~ /terminating connection|connection to server was lost/;
}

# Moves what there is to move; true if psql has ended.
sub pump
{
	my ($self) = @_;

	return 1 unless defined $self->{psql};
	eval { $self->{psql}->pump_nb };
	return 0 if $self->{psql}->pumpable;
	eval { $self->{psql}->finish };
	delete $self->{psql};
	return 1;
}

# Leaves at once, whatever it is doing.
sub close
{
	my ($self) = @_;

	return unless defined $self->{psql};
	$self->{psql}->kill_kill(grace => 1);
	delete $self->{psql};
}

sub DESTROY
{
	my ($self) = @_;

	local ($?, $@);
	eval { $self->close };
}

1;
