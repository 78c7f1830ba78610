# Goals that need no PGXS; included by the Makefile.

CC = cc
PROVE = prove
UNIT_FLAGS = -std=c11 -g -O1 -Wall -Wextra -Werror -Isrc -Itest/unit
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover -fno-omit-frame-pointer
UNIT_TESTS = $(patsubst test/unit/%.c,build/unit/%,$(wildcard test/unit/*_test.c))
PURE_OBJS = $(patsubst src/%.c,build/unit/%.o,$(PURE))

BENCH_FLAGS = -std=gnu11 -O2 -Wall -Wextra -Werror -Isrc
BENCH_TOOLS = $(addprefix build/bench/,detect seconds telemetry score forecast forecast-score infer infer-score infer-learn \
	infer-answer)

.PHONY: check check-15 check-matrix unit unit-programs demo bench bench-tools faults crashes install-deps clean \
	format reference help

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

check: install-deps
	tools/check

check-15: install-deps
	tools/check 15

check-matrix: install-deps
	tools/check 17 18

check-%: install-deps
	tools/check $*

demo: install-deps
	tools/demo

bench: install-deps
	bench/run

# Thin programs around the very files that the extension is built from.
faults: install-deps
	test/faults/run

crashes: install-deps
	MATRIX=full TESTS='049*' tools/check 15 tap

install-deps:
	@tools/install-deps

# The compiler sees only our headers here, so a pure file that is not pure does not build.
unit: unit-programs
	@test -n '$(UNIT_TESTS)' || { echo 'no unit tests found' >&2; exit 1; }
	$(PROVE) $(PROVE_FLAGS) --exec '' $(UNIT_TESTS)

unit-programs: $(UNIT_TESTS)

$(UNIT_TESTS): build/unit/%: test/unit/%.c $(PURE_OBJS) $(INCLUDES) test/unit/tap.h
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) $(SANITIZE) -o $@ $< $(PURE_OBJS) -lm

build/unit/json_test: bench/infer/json.c bench/infer/json.h

$(PURE_OBJS): build/unit/%.o: src/%.c $(INCLUDES)
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) $(SANITIZE) -c -o $@ $<

# The algorithms as programs, around the very files the extension is built from.
bench-tools: $(BENCH_TOOLS)

build/bench/detect: bench/detect/detect.c
build/bench/seconds: bench/detect/seconds.c
build/bench/telemetry: bench/detect/telemetry.c
build/bench/score: bench/detect/score.c
build/bench/forecast: bench/forecast/forecast.c
build/bench/forecast-score: bench/forecast/score.c
build/bench/infer: bench/infer/infer.c bench/infer/json.c
build/bench/infer-score: bench/infer/score.c
build/bench/infer-learn: bench/infer/learn.c
build/bench/infer-answer: bench/infer/answer.c
build/bench/infer-score build/bench/infer-learn build/bench/infer-answer: bench/infer/draw.h

$(BENCH_TOOLS): $(PURE) $(INCLUDES)
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -o $@ $(filter bench/%.c,$^) $(PURE) -lm

clean:
	rm -rf build sql/selfheal--0.1.sql sql/*.new selfheal.so
	find src -name '*.o' -delete -o -name '*.bc' -delete

format:
	clang-format -i $(SOURCES) $(INCLUDES) $(wildcard test/unit/*.[ch] test/asan/*.c)

reference: install-deps
	tools/reference
