/*
 * shutdown.c
 *		How the server ended the last time.
 */
#include "postgres.h"

#include <unistd.h>

#include "access/xlog.h"
#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "db/shutdown.h"

bool
heal_shut_down_clean(void)
{
	bool intact;
	ControlFileData *control = get_controlfile(DataDir, &intact);

	return intact && (control->state == DB_SHUTDOWNED ||
					  control->state == DB_SHUTDOWNED_IN_RECOVERY);
}

/*
 * The postmaster makes shared memory before it notes when it began; for a second time it does so only after it had to
 * end everybody.
 */
bool
heal_crashed_before(void)
{
	if (IsUnderPostmaster)
		return false;
	if (PgStartTime != 0)
		return true;
	return !heal_shut_down_clean() && access(BACKUP_LABEL_FILE, F_OK) != 0;
}
