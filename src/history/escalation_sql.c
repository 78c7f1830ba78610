/*
 * escalation_sql.c
 *		Escalations in SQL: look, acknowledge.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "history/ledger_pg.h"
#include "history/rows_pg.h"
#include "recover/argument_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_escalations);
PG_FUNCTION_INFO_V1(selfheal_acknowledge);

Datum
selfheal_read_escalations(PG_FUNCTION_ARGS)
{
	HealLedger *ledger;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	ledger = heal_ledger_copy();
	for (int i = 0; i < HEAL_MAX_ESCALATIONS; i++)
		if (ledger->escalation[i].id != 0)
		{
			heal_escalation_row(&row, heal_journal_id(),
								&ledger->escalation[i]);
			heal_row_emit(fcinfo, &row);
		}
	return (Datum) 0;
}

Datum
selfheal_acknowledge(PG_FUNCTION_ARGS)
{
	HealRequest request;
	HealEscalation *kept;
	int64 id;

	heal_argument_require_ledger();
	request = heal_argument_request(HEAL_REQUEST_ACKNOWLEDGE, fcinfo, 1);
	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the escalation must not be null"),
				errhint("selfheal.escalations shows them."));
	id = PG_GETARG_INT64(0);
	kept = heal_ledger_escalation(heal_ledger_copy(), id);
	if (kept == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("there is no open escalation %lld", (long long) id),
				errhint("selfheal.escalations shows them; of this server's the "
						"newest %d can be acknowledged.",
						HEAL_MAX_ESCALATIONS));
	heal_request_check_unacknowledged(kept);
	request.escalation = *kept;
	heal_request_add(&request);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf(
		"escalation %lld is acknowledged when this transaction commits",
		(long long) id)));
}
