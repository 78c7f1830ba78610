# Sourced by test/faults/run: whether the diagnosis of a fault names what the fault file says is its cause.
# shellcheck shell=bash disable=SC2154 # what is not assigned here is the round's, in test/faults/run

diagnoses=$tree/build/faults/diagnoses # a line for each round, see note_diagnosis()
look_again=11 # seconds after the first diagnosis: the engine looks every ten

# Nothing is done to the fault, so a round is over when it has been diagnosed twice.
mode_diagnose()
{
	local each

	for each in "${!failures[@]}"; do
		failure=${failures[each]} culprit=${culprits[each]}
		confirmed && wait_for 10 is_diagnosed || complain "$failure has no diagnosis"
	done
	[ -z "$complaint" ] || return 0
	first=$(diagnosis)
	sleep "$look_again"
	later=$(diagnosis)
	if [ "${#failures[@]}" -gt 1 ]; then
		look_at_sets
	else
		look_without_cause
	fi
}

# Of the fault at hand: SELECT LIST
of_failure()
{
	echo "SELECT $1 FROM selfheal.failures AS f JOIN selfheal.diagnoses AS d ON d.failure = f.id AND d.journal = f.journal
		WHERE f.type = '$failure' AND f.confirmed_at IS NOT NULL
			AND (f.culprit_application = '$culprit' OR f.evidence LIKE '%$culprit%')
		ORDER BY f.id LIMIT 1"
}

is_diagnosed()
{
	[ -n "$(ask "$(of_failure 1)")" ]
}

# As '{one,other}'
array_of()
{
	echo "'{${1// /,}}'::text[]"
}

# verdict|cause|confidence|rank of the true one|seconds after the failure was confirmed|symptom
diagnosis()
{
	ask "$(of_failure "d.verdict, d.cause, round(d.confidence::numeric, 2),
		(SELECT min(c.rank) FROM unnest(string_to_array(concat_ws(', ', d.cause, d.others), ', ')) WITH ORDINALITY AS c (text, rank)
			WHERE split_part(c.text, ' ', 1) = ANY ($(array_of "$cause"))),
		round(extract(epoch FROM d.at - f.confirmed_at), 1), d.symptom")"
}

# The true causes taken out of the graph, as long as the question takes.
look_without_cause()
{
	local symptom=${later##*|} answer

	if [[ " $cause " == *" $symptom "* ]]; then
		removed='it is the symptom'
	elif [ "$where" = standby ]; then
		removed='not asked' # what a standby reads comes with WAL
	else
		answer=$(ask "BEGIN READ WRITE
			;SELECT count(selfheal.remove_causal_node(node)) FROM unnest($(array_of "$cause")) AS c (node)
			;SELECT verdict, cause, round(confidence::numeric, 2) FROM selfheal.infer_root_cause('$symptom') WHERE rank = 1
			;ROLLBACK") || true
		judge_without_cause "$(tail -n 1 <<<"$answer")"
	fi
}

judge_without_cause()
{
	local verdict blamed confidence

	IFS='|' read -r verdict blamed confidence <<<"$1"
	case $verdict in
	unknown) removed=unknown ;;
	found | unsure)
		removed="other: $blamed $confidence ($verdict)"
		[[ " $besides " != *" $blamed "* ]] || removed="true as well: $blamed $confidence"
		;;
	*) removed='not asked' ;; # no room to write what was taken out
	esac
}

# Two at once: each true cause has to be in the most probable set of a failure that is open.
look_at_sets()
{
	local each named

	IFS='|' read -r named together <<<"$(ask "SELECT string_agg(d.together, ', '),
			string_agg(f.type || ': ' || coalesce(d.together, '-'), '; ' ORDER BY f.id)
		FROM selfheal.failures AS f JOIN selfheal.diagnoses AS d ON d.failure = f.id AND d.journal = f.journal
		WHERE f.closed_at IS NULL AND d.verdict IN ('found', 'unsure')")"
	for each in "${!failures[@]}"; do
		has_any "${cause_sets[each]}" "$named" || missing+="${missing:+, }${cause_sets[each]}"
	done
}

# CAUSES TEXT
has_any()
{
	local name

	for name in $1; do
		if grep -qw -- "$name" <<<"$2"; then
			return 0
		fi
	done
	return 1
}

# Whether users get on again is judged in the other modes: here the cluster is thrown away.
end_diagnosis()
{
	note_diagnosis "$1"
	mend
	end_round
}

clear_diagnosis()
{
	first='' later='' removed='' together='' missing=''
}

# A line of 11: fault; true cause; the first diagnosis as "verdict cause confidence", the rank of the true cause in it, seconds
# from confirmed to diagnosed; the later one and its rank; what without it; sets; true causes in none of them; what was wrong.
note_diagnosis()
{
	local -a one other

	IFS='|' read -ra one <<<"$first"
	IFS='|' read -ra other <<<"$later"
	judge_diagnosis
	if [ -n "$complaint" ]; then
		cp "$log" "$tree/build/faults/$1.diagnose.log"
	fi
	printf '%s\t' "$1" "$cause" "${one[0]:--} ${one[1]:-} ${one[2]:-}" "$(counted_rank "${one[0]:-}" "${one[3]:-}")" \
		"${one[4]:--}" "${other[0]:--} ${other[1]:-} ${other[2]:-}" "$(counted_rank "${other[0]:-}" "${other[3]:-}")" \
		"${removed:--}" "${together:--}" "${missing:--}" |
		cat - <(echo "${complaint:-right}") | tee -a "$diagnoses" >&2
}

# Who says "unknown" has named nobody.
counted_rank()
{
	if [ -z "$1" ] || [ "$1" = unknown ] || [ "$1" = 'not computed' ] || [ -z "$2" ]; then
		echo -
	else
		echo "$2"
	fi
}

judge_diagnosis()
{
	[ -z "$complaint" ] || return 0
	if [ "${#failures[@]}" -gt 1 ]; then
		[ -z "$missing" ] || complain "$missing in no set"
		return
	fi
	[ "$(counted_rank "${one[0]}" "${one[3]:-}")" = 1 ] || complain "first it was taken for ${one[1]}"
	[ "$(counted_rank "${other[0]}" "${other[3]:-}")" = 1 ] || complain "later it was taken for ${other[1]}"
	[[ $removed != other:* ]] || complain 'something else was named without it'
}

# The table

table_of_diagnoses()
{
	printf '\nThe first diagnosis, seconds after the failure was confirmed, and the one that stood ten seconds later, each with the\n'
	printf 'rank of the true cause; and what was said with that taken out of the graph.\n\n'
	{
		printf 'fault\ttrue cause\tfirst\trank\tafter\tlater\trank\twithout it\t\n'
		awk -F '\t' -v OFS='\t' '$9 == "-" { print $1, $2, $3, $4, $5, $6, $7, $8, $11 == "right" ? "" : "WRONG: " $11 }' "$diagnoses"
	} | in_columns '^[457]$'
	if awk -F '\t' '$9 != "-" { found = 1 } END { exit !found }' "$diagnoses"; then
		printf '\nTwo faults at once, and the sets of causes of what was open then.\n\n'
		{
			printf 'faults\tsets\t\n'
			awk -F '\t' -v OFS='\t' '$9 != "-" { print $1, $9, $11 == "right" ? "" : "WRONG: " $11 }' "$diagnoses"
		} | in_columns '^$'
	fi
	echo
	shares_of_diagnoses
}

# Status 1 when one of them is below what is wanted. A fault without a diagnosis counts as one without a right one.
shares_of_diagnoses()
{
	awk -F '\t' '
		function share(what, part, all, wanted) {
			if (!all) return
			printf "%s: %d of %d, %.1f %% (goal %d %%)\n", what, part, all, 100 * part / all, wanted
			if (part < wanted / 100 * all) below = 1
		}
		$1 ~ /[+]/ { pairs++; if ($10 == "-" && $9 != "-") both++; next }
		{
			faults++
			if ($4 == 1) first++
			if ($4 != "-" && $4 <= 3) three++
			if ($7 == 1) later_first++
			if ($7 != "-" && $7 <= 3) later_three++
			if ($8 ~ /^(unknown|true as well|other)/) asked++
			if ($8 == "unknown") unknown++
			if ($8 ~ /^(unknown|true as well)/) honest++
			if ($8 == "it is the symptom") symptom++
		}
		END {
			share("true cause first, at once", first, faults, 90)
			share("among the first three, at once", three, faults, 98)
			share("true cause first, ten seconds later", later_first, faults, 90)
			share("among the first three, ten seconds later", later_three, faults, 98)
			share("unknown with it taken out, or another that is true", honest, asked, 100)
			if (asked) printf "  of these unknown: %d\n", unknown
			if (symptom) printf "  not asked, as the true cause is the symptom itself: %d\n", symptom
			share("both of two in the sets", both, pairs, 70)
			exit below
		}' "$diagnoses"
}
