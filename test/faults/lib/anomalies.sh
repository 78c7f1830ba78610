# Sourced by test/faults/run: whether a fault that changes metrics is an anomaly of the category its file says.
# shellcheck shell=bash disable=SC2154 # what is not assigned here is the round's, in test/faults/run

# A line for each round: fault, category wanted, seconds to the first of it, what opened, what had opened before, verdict.
anomalies=$tree/build/faults/anomalies
learnt=60                              # blocks of what is read in each row; of the rest some ten or twenty
watched=20                             # seconds

# What is usual is learnt in half a minute: blocks of half a second instead of five. Of what is read for every fifth row
# only, a fault names the metric that it changes, which then is waited for.
settings_of_anomalies()
{
	echo 'selfheal.sample_interval = 100ms'
	echo 'selfheal.cpu_budget = 1'
}

most_is_learnt()
{
	is_true "SELECT min(samples) >= $learnt FROM selfheal.baselines
		WHERE metric IN ('lock_waiters', 'connection_slots_used_share', 'errors', '$metric')"
}

learn_what_is_usual()
{
	wait_for 300 most_is_learnt || complain 'what is usual was not learnt'
	sleep "$watched"
	before=$(ask "SELECT string_agg(DISTINCT category || ' ' || metric, ', ' ORDER BY category || ' ' || metric)
		FROM selfheal.anomalies WHERE opened_at > clock_timestamp() - interval '$watched s'")
	opened='' first='' categories=''
}

# Nothing is done to the fault, so a round is over when it has been there for a while. What opens without it is counted over
# the same time before.
mode_anomalies()
{
	sleep "$watched"
	IFS='|' read -r opened first categories <<<"$(ask "SELECT
			string_agg(DISTINCT category || ' ' || metric, ', ' ORDER BY category || ' ' || metric),
			round(extract(epoch FROM min(opened_at) FILTER (WHERE category = ANY ($(array_of "$category")))) - $injected, 1),
			string_agg(DISTINCT category, ' ')
		FROM selfheal.anomalies WHERE opened_at >= to_timestamp($injected)")"
	if [ -n "$category" ] && ! has_any "$category" "${categories:-}"; then
		complain "no anomaly of $category"
	fi
}

end_anomalies()
{
	if [ -n "$complaint" ]; then
		wrong=$((wrong + 1))
		cp "$log" "$tree/build/faults/$1.anomalies.log"
	fi
	printf '%s\t' "$1" "${category:--}" "${first:--}" "${opened:--}" "${before:--}" | cat - <(echo "${complaint:-right}") |
		tee -a "$anomalies" >&2
	mend
	end_round
}

table_of_anomalies()
{
	printf '\nAnomalies that opened until each fault had been there for %s seconds, seconds until the first of the right category,\n' \
		"$watched"
	printf 'and what opened in %s seconds before it.\n\n' "$watched"
	{
		printf 'fault\tcategory\tafter\tanomalies\tbefore\t\n'
		awk -F '\t' -v OFS='\t' '{ print $1, $2, $3, $4, $5, $6 == "right" ? "" : "WRONG: " $6 }' "$anomalies"
	} | in_columns '^3$'
	awk -F '\t' '$2 == "-" { none++; next } { all++; right += $6 == "right"; by_chance += index($5, $2) > 0 }
		END {
			printf "\nan anomaly of the right category: %d of %d faults that change a metric", right, all
			printf "; in as long without the fault: %d", by_chance
			if (none) printf "; %d faults change none", none
			print ""
		}' "$anomalies"
}
