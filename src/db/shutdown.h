/*
 * shutdown.h
 *		How the server ended the last time.
 */
#ifndef HEAL_SHUTDOWN_H
#define HEAL_SHUTDOWN_H

#include "postgres.h"

/* While the postmaster starts: whether it was shut down; false = it crashed, or it is a copy that never ran. */
extern bool heal_shut_down_clean(void);
/*
 * While shared memory is made: whether the server went down without being shut down, as by a power cut or the crash of one
 * of its processes. A copy that never ran has not.
 */
extern bool heal_crashed_before(void);

#endif
