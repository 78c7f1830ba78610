/*
 * usage.h
 *		What this process uses.
 */
#ifndef HEAL_USAGE_H
#define HEAL_USAGE_H

/* Processor time of this process since its start, user and system, in us. */
extern int64 heal_usage_cpu_us(void);
/* Memory that only this process has, in bytes: resident less shared. Asked every ten seconds; 0 = not known. */
extern int64 heal_usage_memory(void);

#endif
