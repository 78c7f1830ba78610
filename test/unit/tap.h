/*
 * tap.h
 *		Checks that print TAP, so that prove can run a C program as a test.
 *
 * A test program calls the checks, then returns done_testing(). Every check takes
 * its name last: a sentence that promises something. Comparisons print both sides
 * when they fail. Everything is static: one test, one program, no state shared.
 */
#ifndef TAP_H
#define TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#if defined(__GNUC__)
#define TAP_MAYBE_UNUSED __attribute__((unused))
#else
#define TAP_MAYBE_UNUSED
#endif

static int tap_run;
static int tap_failed;

/* A crash must not swallow the lines that say how far we came: no buffering. */
static bool
tap_report(bool passed, const char *file, int line, const char *name)
{
	if (tap_run == 0)
		setvbuf(stdout, NULL, _IONBF, 0);
	printf("%sok %d - %s\n", passed ? "" : "not ", ++tap_run, name);
	if (!passed)
	{
		tap_failed++;
		fprintf(stderr, "#   Failed test '%s'\n#   at %s line %d.\n", name,
				file, line);
	}
	return passed;
}

TAP_MAYBE_UNUSED static bool
tap_ok(bool passed, const char *file, int line, const char *name)
{
	return tap_report(passed, file, line, name);
}

TAP_MAYBE_UNUSED static bool
tap_is_int(long long got, long long expected, const char *file, int line,
		   const char *name)
{
	if (tap_report(got == expected, file, line, name))
		return true;
	fprintf(stderr, "#          got: %lld\n#     expected: %lld\n", got,
			expected);
	return false;
}

/* NaN equals NaN here: tests ask whether a missing value stayed missing. */
TAP_MAYBE_UNUSED static bool
tap_is_double(double got, double expected, double tolerance, const char *file,
			  int line, const char *name)
{
	bool same = got == expected || (isnan(got) && isnan(expected)) ||
				fabs(got - expected) <= tolerance;

	if (tap_report(same, file, line, name))
		return true;
	fprintf(stderr,
			"#          got: %.17g\n#     expected: %.17g (within %g)\n", got,
			expected, tolerance);
	return false;
}

TAP_MAYBE_UNUSED static bool
tap_is_string(const char *got, const char *expected, const char *file, int line,
			  const char *name)
{
	bool same = got == expected ||
				(got != NULL && expected != NULL && strcmp(got, expected) == 0);

	if (tap_report(same, file, line, name))
		return true;
	fprintf(stderr, "#          got: %s\n#     expected: %s\n",
			got ? got : "(null)", expected ? expected : "(null)");
	return false;
}

/* A line for the reader of a failure; not counted. */
TAP_MAYBE_UNUSED static void
diag(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "# ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
}

/* Prints the plan; the return value is the exit status of the program. */
static int
done_testing(void)
{
	printf("1..%d\n", tap_run);
	return tap_run == 0 || tap_failed > 0;
}

#define ok(passed, name) tap_ok(passed, __FILE__, __LINE__, name)
#define is_int(got, expected, name) \
	tap_is_int(got, expected, __FILE__, __LINE__, name)
#define is_double(got, expected, tolerance, name) \
	tap_is_double(got, expected, tolerance, __FILE__, __LINE__, name)
#define is_string(got, expected, name) \
	tap_is_string(got, expected, __FILE__, __LINE__, name)

#endif
