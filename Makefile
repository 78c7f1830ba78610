# selfheal - builds with PGXS against any PostgreSQL from 15 on.
#
#   make                 build against the pg_config in the path (or PG_CONFIG=...)
#   make install         install into that server
#   make unit            test the pure code; needs a compiler, no server
#   make check           every test; works on a fresh Debian as root
#   make check-15        the tests on the native server only
#   make check-matrix    the tests on newer servers, in roots of their own
#   make demo | bench    see it heal | measure it
#   make bench-tools     the algorithms as programs, in build/bench; needs a compiler only
#   make faults          break it in every way, with and without selfheal, and tell what became of it
#   make crashes         interrupt recoveries at every point, in every way
#   make install-deps    what all of this needs, from Debian
#   make clean | format | reference
#
# WERROR=1 turns warnings into errors.

PG_CONFIG ?= pg_config

# The stages, in the order a metric travels; a later part may use an earlier one.
SQL_ORDER = header roles settings sample sessions processes databases disk config gate throttle load anomaly sensitivity reported detect decide recover policy history falsepositive parameter snapshot rollback snapshotview series usermetric userremedy cause incident flight escalation scan predict overhead health loop spill grants
SQL_PARTS = $(patsubst %,sql/parts/%.sql,$(SQL_ORDER))

SOURCES = $(wildcard src/*.c src/*/*.c)
SERVER = $(wildcard src/*.c src/*/*_pg.c src/*/*_sql.c src/db/*.c src/loop/*.c)
PURE = $(filter-out $(SERVER),$(SOURCES))
INCLUDES = $(wildcard src/*.h src/*/*.h)
# Ways to judge metrics that are measured beside the engine's own and are no part of it.
MEASURED = $(wildcard src/detect/method*.c) $(patsubst %,src/detect/%.c,panel forest covariance)

# These goals bring their own tools, or install them: they must work before there is a
# pg_config to ask. PGXS also has a "check" of its own, which does nothing and succeeds.
OWN_GOALS = check check-% unit unit-programs demo bench bench-tools faults crashes install-deps clean format reference help
GOALS = $(or $(MAKECMDGOALS),all)

ifeq ($(filter-out $(OWN_GOALS),$(GOALS)),)
include tools/goals.mk
else ifeq ($(filter $(OWN_GOALS),$(GOALS)),)

MODULE_big = selfheal
EXTENSION = selfheal
OBJS = $(patsubst %.c,%.o,$(filter-out $(MEASURED),$(SOURCES)))
DATA = $(wildcard sql/selfheal--*--*.sql)
DATA_built = sql/selfheal--0.1.sql

# As system headers the server's own do not drown our warnings in theirs.
PG_CPPFLAGS = -I$(srcdir)/src -isystem $(includedir_server)
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -Wno-declaration-after-statement \
	$(if $(WERROR),-Werror)

PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(PGXS),)
$(error no $(PG_CONFIG): run "make install-deps", or say PG_CONFIG=/path/to/pg_config)
endif
include $(PGXS)

# PGXS tracks no headers.
$(OBJS) $(OBJS:.o=.bc): $(INCLUDES)

$(DATA_built): $(SQL_PARTS) Makefile
	cat $(SQL_PARTS) > $@.new
	mv $@.new $@

else

# Goals of both kinds: each in a make of its own, in the order given.
.NOTPARALLEL:
.PHONY: $(GOALS)
$(GOALS):
	@$(MAKE) --no-print-directory $@

endif
