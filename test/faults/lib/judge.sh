# Sourced by test/faults/run: what became of a fault, seen from outside, and what selfheal says.
# shellcheck shell=bash

hold_seconds=10 # how long a fault that nobody heals is looked at

clear_verdict()
{
	outcome='' complaint='' over='' before=''
	seen='' decided='' acted='' verified='' due=''
	errors=0 aborted=0 lost='' touched=''
}

complain()
{
	complaint+=${complaint:+; }$1
}

# What has to happen in each mode

# Or it is no fault.
mode_off()
{
	sleep "$hold_seconds"
	still_there
}

mode_observe()
{
	before=$(fingerprint)
	confirmed || return 0
	sleep 2
	still_there
	[ "$(fingerprint)" = "$before" ] || complain 'something was changed'
	[ -z "$(strangers)" ] || complain "statements were sent by $(strangers)"
	[ "$(ask "SELECT count(*) FROM selfheal.recoveries WHERE acted_at IS NOT NULL")" = 0 ] ||
		complain 'an act is on record'
}

mode_approve()
{
	confirmed || return 0
	if [ "$right" = told ]; then
		was_told
		return
	fi
	wait_for 20 proposed || {
		complain 'no proposal names the culprit'
		return
	}
	present || complain 'it was gone before anybody approved'
	[ -z "$(touched_sessions)" ] || complain "$(touched_sessions) was touched before anybody approved"
	was_healed
}

mode_full()
{
	confirmed || return 0
	if [ "$right" = told ]; then
		was_told
	else
		was_healed
	fi
}

still_there()
{
	outcome='still there'
	present || complain 'it went away'
}

confirmed()
{
	wait_for "$limit" is_true "SELECT EXISTS (SELECT FROM selfheal.failures
		WHERE type = '$failure' AND confirmed_at IS NOT NULL
		AND (culprit_application = '$culprit' OR evidence LIKE '%$culprit%'))" || {
		complain "$failure was not confirmed, or not of $culprit"
		return 1
	}
}

proposed()
{
	is_true "SELECT EXISTS (SELECT FROM selfheal.proposals WHERE failure_type = '$failure'
		AND (target_application = '$culprit' OR evidence LIKE '%$culprit%'))"
}

was_healed()
{
	wait_for "$limit" healed || complain 'it was not verified'
	wait_for 10 gone || complain 'users do not get on'
	if [ -n "$complaint" ]; then
		outcome='not healed'
	else
		outcome=healed
		over=$(felt_over)
	fi
}

# Where somebody is asked, the answer is yes, for every rung of the ladder.
healed()
{
	if [ "$mode" = approve ] && proposed; then
		ask "SET SESSION AUTHORIZATION alice" >/dev/null
		ask "SELECT selfheal.approve(id, 'campaign') FROM selfheal.proposals
			WHERE failure_type = '$failure'" >/dev/null
		ask "RESET SESSION AUTHORIZATION" >/dev/null
	fi
	is_true "SELECT EXISTS (SELECT FROM selfheal.recoveries
		WHERE failure_type = '$failure' AND stage = 'succeeded' AND acted_at IS NOT NULL
		AND (target_application = '$culprit' OR evidence LIKE '%$culprit%'))"
}

# The right answer is a human, who hears whom it is about and why nothing is done.
was_told()
{
	wait_for 10 is_true "SELECT EXISTS (SELECT FROM selfheal.failures
		WHERE type = '$failure' AND verdict LIKE '%$reason%'
		AND (culprit_application = '$culprit' OR evidence LIKE '%$culprit%'))" ||
		complain "nobody is told of \"$culprit\" and \"$reason\""
	sleep 2
	present || complain 'it went away'
	outcome='human told'
}

# What the users felt

# When the last of them that was slow or failed had come to its end; now if none was.
felt_over()
{
	cat "$work"/user.[0-9] | awk -v injected="$injected" -v slow="$slow" -v now="$EPOCHREALTIME" '
		$2 > injected && ($3 != "ok" || $2 - $1 >= slow) && $2 > end { end = $2 }
		END { printf "%.3f", (end ? end : now) }'
}

# Clients of the load that gave up, before the campaign itself ends any.
count_aborted()
{
	aborted=$(grep -c 'aborted in command' "$work/load.out" || true)
}

# Errors of clients that did nothing wrong, and what the load did not get done, in percent of
# what it did before the fault.
count_collateral()
{
	local refused done_before done_during

	refused=$(cat "$work"/user.[0-9] | awk -v injected="$injected" '
		$2 > injected && $3 == "error" { n++ } END { print n + 0 }')
	errors=$((refused + aborted))
	done_before=$(done_between "$(awk "BEGIN { printf \"%.3f\", $injected - 2.5 }")" "$injected")
	done_during=$(done_between "$injected" "${over:-$ended}")
	lost=$(awk -v a="$done_before" -v b="$done_during" -v s="$injected" -v e="${over:-$ended}" \
		'BEGIN { rate = a / 2.5; l = rate > 0 ? 100 * (1 - b / (rate * (e - s))) : 0; printf "%.0f", (l > 0 ? l : 0) }')
}

done_between()
{
	cat "$work"/load.[0-9]* | awk -v from="$1" -v to="$2" \
		'{ at = $5 + $6 / 1e6 } at >= from && at < to { n++ } END { print n + 0 }'
}

# What the server's log says was done to whom

# Applications whose session was ended or statement cancelled.
touched_sessions()
{
	sed -n 's/.*<[^/]*\/\([^>]*\)> [A-Z]*:  \(terminating connection due to administrator command\|canceling statement due to user request\).*/\1/p' \
		"$log" | sort -u | paste -sd ' '
}

# Whoever sent a statement and is none of ours.
strangers()
{
	sed -n 's/.*<\([^>]*\)> LOG:  \(statement\|execute\).*/\1/p' "$log" | sort -u |
		grep -vxE "client backend/($(known_pattern)|psql)" | paste -sd ' '
}

known_pattern()
{
	printf '%s\n' "${known[@]}" | sort -u | paste -sd '|'
}

# Of all that a remedy could change and the load does not.
fingerprint()
{
	ask "SELECT md5(string_agg(x, E'\\n' ORDER BY x)) FROM (
		SELECT format('%s %s', name, setting) FROM pg_settings
		UNION ALL SELECT format('%s', s) FROM pg_db_role_setting AS s
		UNION ALL SELECT format('%s %s %s %s', oid, relname, relowner, reloptions) FROM pg_class
			WHERE relnamespace <> 'selfheal'::regnamespace AND relnamespace <> 'pg_toast'::regnamespace
		UNION ALL SELECT format('%s %s', indexrelid, indisvalid) FROM pg_index
			WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
		UNION ALL SELECT format('%s %s %s', rolname, rolcanlogin, rolconnlimit) FROM pg_roles
		UNION ALL SELECT format('%s %s', slot_name, active) FROM pg_replication_slots
		UNION ALL SELECT gid FROM pg_prepared_xacts) AS everything (x)"
	cksum <"$data/postgresql.auto.conf"
}

# Before the fault is taken back, which leaves traces of its own.
judge_outside()
{
	local session

	touched=$(touched_sessions)
	for session in $touched; do
		if [ "$mode" = off ] || [ "$mode" = observe ] || [ "$session" != "$culprit" ] || [ "$right" = told ]; then
			complain "$session was touched"
		fi
	done
}

# Every transaction that pgbench was told is committed has left a row.
acknowledged_lost()
{
	local acknowledged rows_there

	acknowledged=$(cat "$work"/load.[0-9]* | wc -l)
	rows_there=$(ask_primary 'SELECT count(*) FROM booking WHERE client >= 0')
	[ "$rows_there" -ge "$acknowledged" ] ||
		complain "$((acknowledged - rows_there)) acknowledged commits are lost"
}

# What selfheal says: five moments.
read_records()
{
	local answer

	acknowledged_lost
	[ "$mode" != off ] || return 0
	answer=$(ask "
		SELECT round(extract(epoch FROM f.seen_at), 3), round(extract(epoch FROM min(r.approved_at)), 3),
			round(extract(epoch FROM min(r.acted_at) FILTER (WHERE r.remedy <> 'monitor')), 3),
			round(extract(epoch FROM max(r.finished_at) FILTER (WHERE r.stage = 'succeeded' AND r.remedy <> 'monitor')), 3),
			round(extract(epoch FROM coalesce(min(r.failure_due), f.due)), 3)
		FROM selfheal.failures AS f
		LEFT JOIN selfheal.recoveries AS r ON r.failure = f.id AND r.journal = f.journal
		WHERE f.type = '$failure' AND f.confirmed_at IS NOT NULL
		GROUP BY f.id, f.seen_at, f.due
		ORDER BY f.id
		LIMIT 1")
	IFS='|' read -r seen decided acted verified due <<<"$answer" || true
	[ "$mode" != observe ] || decided='' acted='' verified=''
}

# The table

since()
{
	[ -n "$2" ] && [ -n "$1" ] && awk "BEGIN { printf \"%.1f\", $2 - $1 }" || printf -- -
}

# The log of a round that came out wrong is kept. A line of 14: fault, mode, failure, seen, decided, acted, verified, from the end of patience to
# verified, felt over, errors, lost, touched, outcome, what was wrong.
note()
{
	if [ -n "$complaint" ]; then
		wrong=$((wrong + 1))
		cp "$log" "$tree/build/faults/$1.$2.log"
	fi
	[ -n "$outcome" ] || outcome=-
	{
		printf '%s\t%s\t%s\t' "$1" "$2" "$failure"
		printf '%s\t' "$(since "$injected" "$seen")" "$(since "$injected" "$decided")" \
			"$(since "$injected" "$acted")" "$(since "$injected" "$verified")" \
			"$(since "$due" "$verified")" "$(since "$injected" "$over")"
		printf '%s\t%s\t%s\t%s\t%s\n' "$errors" "${lost:--}" "${touched:--}" "$outcome" "${complaint:-right}"
	} | tee -a "$rows" >&2
}

table()
{
	printf 'selfheal, PostgreSQL %s, %s cores of %s, load %s\n' "$("$bin/pg_config" --version | awk '{ print $2 }')" "$(nproc)" \
		"$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)" "$(cut -d ' ' -f 1 /proc/loadavg)"
	[ ! -s "$rows" ] || table_of_rounds
	[ ! -s "$diagnoses" ] || table_of_diagnoses
	[ ! -s "$anomalies" ] || table_of_anomalies
	[ -z "$(untried)" ] || echo "WRONG: no fault brings about $(untried | paste -sd ' ')"
	[ ! -s "$healthy" ] || cat "$healthy"
}

# Cells are separated by tabs on stdin; those in columns that match the pattern are numbers.
in_columns()
{
	awk -F '\t' -v numbers="$1" '
		{ for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } columns = NF }
		END {
			for (r = 1; r <= NR; r++) {
				line = ""
				for (i = 1; i <= columns; i++)
					line = line sprintf(i ~ numbers ? "%" width[i] "s  " : "%-" width[i] "s  ", cell[r, i])
				sub(/ +$/, "", line)
				print line
			}
		}'
}

table_of_rounds()
{
	printf '\nSeconds since the injection, but for "late": from the end of patience to verified. "over" is when users got on.\n\n'
	{
		printf 'fault\tmode\tseen\tdecided\tacted\tverified\tlate\tover\terrors\tlost\ttouched\toutcome\t\n'
		awk -F '\t' -v OFS='\t' '{ print $1, $2, $4, $5, $6, $7, $8, $9, $10, $11 == "-" ? "-" : $11 " %", $12, $13,
			$14 == "right" ? "" : "WRONG: " $14 }' "$rows"
	} | in_columns '^([3-9]|10)$'
	echo
	summary_of 'end of patience to verified' 8
	summary_of 'injection to verified' 7
	summary_of 'injection to users getting on' 9
	summary_counts
}

# Types of failures that no fault brings about.
untried()
{
	local type

	while read -r type; do
		grep -qx "failure=$type" test/faults/*/fault || echo "$type"
	done <"$types"
}

# Of what was healed in full autonomy.
summary_of()
{
	awk -F '\t' -v column="$2" '$2 == "full" && $13 == "healed" && $column != "-" { print $column }' "$rows" | sort -n |
		awk -v what="$1" '{ v[NR] = $1 } END { if (NR) printf "%s: median %.1f s, 95th percentile %.1f s, of %d\n", what,
			v[int((NR + 1) / 2)], v[int(NR * 0.95 + 0.999)], NR }'
}

summary_counts()
{
	awk -F '\t' '$13 !~ /^left out/ { n++; if ($14 == "right") right++ } END { printf "%d of %d rounds came out right\n", right, n }' "$rows"
}
