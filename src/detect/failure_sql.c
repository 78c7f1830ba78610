/*
 * failure_sql.c
 *		The failure catalogue and the failures on record, in SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "compat.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "decide/plan_pg.h"
#include "history/ledger_pg.h"
#include "history/rows_pg.h"
#include "recover/userremedy_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_failure_types);
PG_FUNCTION_INFO_V1(selfheal_read_failures);

/* Those of users come after its own, gentle ones first. */
static const char *
ladder_text(const HealFailureType *type)
{
	const HealUserRemedy *remedies = heal_user_remedies();
	uint32 shown = 0;
	StringInfoData text;
	int row;

	initStringInfo(&text);
	for (int rung = 0; rung < HEAL_LADDER && type->ladder[rung] != NULL; rung++)
		appendStringInfo(&text, "%s%s", rung ? ", then " : "",
						 type->ladder[rung]);
	while ((row = heal_user_remedy_next(remedies, (int) (type - heal_failures),
										shown)) >= 0)
	{
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", then " : "",
						 remedies[row].name);
		shown |= UINT32_C(1) << row;
	}
	return text.data;
}

Datum
selfheal_read_failure_types(PG_FUNCTION_ARGS)
{
	HealFailureLimits limits;
	HealRow row = {0};

	heal_shmem_require();
	limits = heal_plan_limits();
	heal_user_remedies_load();
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < HEAL_FAILURE_KINDS; i++)
	{
		const HealFailureType *type = &heal_failures[i];

		heal_row_text(&row, type->name);
		heal_row_text(&row, type->title);
		heal_row_text(&row, type->component);
		heal_row_text(&row, type->category);
		heal_row_text(&row,
					  type->urgency == HEAL_URGENT ? "urgent" : "routine");
		heal_row_interval(&row, limits.patience[i]);
		heal_row_text(&row, type->proof);
		heal_row_text(&row, type->cured);
		heal_row_text(&row, ladder_text(type));
		heal_row_text(&row, heal_evidence_name(type->evidence));
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

Datum
selfheal_read_failures(PG_FUNCTION_ARGS)
{
	HealLedger *ledger;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	ledger = heal_ledger_copy();
	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
		if (ledger->failure[i].id != 0)
		{
			heal_failure_row(&row, heal_journal_id(), &ledger->failure[i]);
			heal_row_emit(fcinfo, &row);
		}
	return (Datum) 0;
}
